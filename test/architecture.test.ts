import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const SRC = join(ROOT, "src");
const MAX_FILE_BYTES = 12 * 1024;

/** Which layers a layer may import; the map of src/README.md. */
const ARROWS: Record<string, readonly string[]> = {
  domain: [],
  ports: ["domain"],
  stages: ["domain", "ports"],
  pipeline: ["domain", "ports", "stages"],
  engine: ["domain", "ports"],
  adapters: ["domain", "ports"],
  inference: ["domain", "ports", "engine"],
  config: ["domain"],
  reporters: ["domain", "pipeline"],
  ui: ["domain", "pipeline", "reporters"],
  // /v1/search answers what `rerank search --json` prints: one serializer, in reporters.
  server: ["domain", "ports", "pipeline", "reporters"],
  // Runs in a browser, which gets these files and no others.
  page: [],
  mcp: ["domain", "ports", "pipeline", "reporters"],
  client: [],
  cli: ["domain", "ports", "pipeline", "engine", "adapters", "inference", "config", "reporters", "ui", "server", "mcp"],
};
/** Types that describe results and events may be named wherever a result is shown: those imports vanish at run time. */
const TYPE_ARROWS: Record<string, readonly string[]> = { reporters: ["ports"] };
const LIBRARY_LAYERS: Record<string, readonly string[] | "any"> = {
  adapters: "any",
  engine: "any",
  // Charts are drawn by Plot into a document of linkedom's, in reporters/html.
  reporters: ["chalk", "string-width", "supports-hyperlinks", "@observablehq/plot", "linkedom"],
  ui: ["ink", "react"],
  server: ["fastify", "@fastify", "typebox", "prom-client", "pino", "pino-pretty"],
  mcp: ["@modelcontextprotocol/server", "zod"],
  config: ["cosmiconfig"],
  cli: ["commander"],
};

interface Import {
  readonly file: string;
  readonly layer: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => join(SRC, name));
const sources = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
const imports = files.flatMap(importsOf);

function layerOf(file: string): string {
  return relative(SRC, file).split(/[\\/]/)[0] ?? "";
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const pattern = /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;"']*?from\s+["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s+["']([^"']+)["']/g;
  for (const match of sources.get(file)?.matchAll(pattern) ?? []) {
    const specifier = match[2] ?? match[3] ?? match[4];
    if (specifier !== undefined) found.push({ file, layer: layerOf(file), specifier, typeOnly: match[1] !== undefined });
  }
  return found;
}

function describeImport({ file, specifier }: Import): string {
  return `${relative(ROOT, file)} imports ${specifier}`;
}

describe("architecture", () => {
  test("every source file lies in a known layer", () => {
    const strays = files.map((file) => layerOf(file)).filter((layer) => !(layer in ARROWS) && layer !== "index.ts");
    expect(strays).toEqual([]);
  });

  test("imports follow the arrows between layers", () => {
    const wrong = imports.filter(({ file, layer, specifier, typeOnly }) => {
      if (!specifier.startsWith(".") || layer === "index.ts") return false;
      const target = layerOf(resolve(dirname(file), specifier));
      if (target === layer || target === "package.json") return false;
      if (typeOnly && TYPE_ARROWS[layer]?.includes(target)) return false;
      return !ARROWS[layer]?.includes(target);
    });
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test("libraries are imported only where an adapter or an engine hides them", () => {
    const wrong = imports.filter(({ layer, specifier }) => {
      if (specifier.startsWith(".") || specifier.startsWith("node:")) return false;
      const allowed = LIBRARY_LAYERS[layer] ?? [];
      return allowed !== "any" && !allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`));
    });
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test("the domain, the ports and the page import nothing of Node", () => {
    const wrong = imports.filter(({ layer, specifier }) => /^(domain|ports|page)$/.test(layer) && specifier.startsWith("node:"));
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test.each([
    ["process.env", /process\.env\b/, /^src\/config\//],
    ["console", /\bconsole\.\w+\(/, /^src\/reporters\//],
    ["process.exit", /process\.exit\(/, /^src\/(cli\/main|inference\/(compile-)?child)\.ts$/],
    ["process.exitCode", /process\.exitCode\b/, /^src\/cli\/main\.ts$/],
  ])("%s is used only in its place", (_name, pattern, place) => {
    const users = files
      .filter((file) => pattern.test(withoutComments(sources.get(file) ?? "")))
      .map((file) => relative(ROOT, file).replaceAll("\\", "/"));
    expect(users.filter((file) => !place.test(file))).toEqual([]);
  });

  test("no file is larger than 12 kB", () => {
    const large = files.filter((file) => statSync(file).size > MAX_FILE_BYTES);
    expect(large.map((file) => relative(ROOT, file))).toEqual([]);
  });

  test("there are no default exports, no enums, and one index.ts", () => {
    const wrong = files.filter((file) => /^export default|^(export )?(const )?enum /m.test(sources.get(file) ?? ""));
    expect(wrong.map((file) => relative(ROOT, file))).toEqual([]);
    const indexes = files.filter((file) => /(^|[\\/])index\.ts$/.test(file)).map((file) => relative(SRC, file));
    expect(indexes).toEqual(["index.ts"]);
  });
});

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}
