import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const SOURCE = "src/page";

/** The page as `npm run build` makes it, less the check of its types. */
export function buildPage(folder: string): string {
  const { config } = ts.readConfigFile("tsconfig.json", (file) => ts.sys.readFile(file)) as { config: { compilerOptions: object } };
  // A file by itself does not say that the package's modules are ES modules.
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noEmit: false, module: "esnext", moduleResolution: "bundler" }, ".");
  for (const name of readdirSync(SOURCE)) {
    const file = join(SOURCE, name);
    if (!name.endsWith(".ts")) copyFileSync(file, join(folder, name));
    else writeFileSync(join(folder, name.replace(/ts$/, "js")), ts.transpileModule(readFileSync(file, "utf8"), { compilerOptions: options, fileName: join(process.cwd(), file) }).outputText);
  }
  return folder;
}
