import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "./compose.ts";

/** The Markdown documents of the bundled corpus, English and Chinese ones in turn. */
export function benchDocuments(): string[] {
  const folder = join(PACKAGE_ROOT, "corpora", "demo", "docs");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md")).sort();
  const texts = names.map((name) => readFileSync(join(folder, name), "utf8"));
  const chinese = texts.filter(isChinese);
  return texts.filter((text) => !isChinese(text)).flatMap((text, place) => [text, ...chinese.slice(place, place + 1)]);
}

function isChinese(text: string): boolean {
  return (text.match(/\p{Script=Han}/gu)?.length ?? 0) > text.length / 3;
}
