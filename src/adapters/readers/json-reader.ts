import type { DocumentBlock } from "../../domain/document.ts";
import type { DocumentReader } from "../../ports/document-reader.ts";
import { codeBlocks } from "./code-blocks.ts";
import { extensionsOf, titleOfPath } from "./formats.ts";
import { entryLines, type LineRange } from "./json-lines.ts";
import { isJsonObject, jsonText, type JsonObject } from "./json-text.ts";
import { readSourceText } from "./source-text.ts";

const UNKNOWN_LINES = { startLine: 1, endLine: 1, elements: [] };

export const jsonReader: DocumentReader = {
  format: "json",
  extensions: extensionsOf("json"),
  async read(file) {
    const { text, encoding, warnings } = readSourceText(file);
    const title = titleOfPath(file.path);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      // Configuration with comments, a file cut short: the words are worth finding all the same.
      const warning = `${file.path} is no valid JSON (${(error as Error).message}), so it was read as plain text`;
      return { title, format: "json", blocks: codeBlocks(text), encoding, warnings: [...warnings, warning] };
    }
    const own = isJsonObject(value) && typeof value["title"] === "string" ? value["title"].trim() : "";
    return { title: own === "" ? title : own, format: "json", blocks: valueBlocks(value, text), encoding, warnings };
  },
};

function valueBlocks(value: unknown, text: string): DocumentBlock[] {
  const blocks: DocumentBlock[] = [];
  const push = (content: string, { startLine, endLine }: LineRange, row?: number): void => {
    if (!/\S/.test(content)) return;
    blocks.push({ kind: "record", text: content, startLine, endLine, ...(row === undefined ? {} : { row }) });
  };
  if (Array.isArray(value) && value.some((element) => typeof element === "object" && element !== null)) {
    const lines = entryLines(text);
    value.forEach((element, position) => push(jsonText(element), lines.get(String(position)) ?? UNKNOWN_LINES, position + 1));
  } else if (isJsonObject(value)) {
    pushEntries(value, entryLines(text), push);
  } else {
    push(jsonText(value), { startLine: 1, endLine: text.split("\n").length });
  }
  return blocks;
}

/** Neighbouring plain entries (name, version, ...) make one record; a list of objects makes one each; other entries stand alone. */
function pushEntries(
  object: JsonObject,
  lines: ReturnType<typeof entryLines>,
  push: (content: string, range: LineRange) => void,
): void {
  let plain: { texts: string[]; startLine: number; endLine: number } | undefined;
  const endPlain = (): void => {
    if (plain !== undefined) push(plain.texts.join("\n"), plain);
    plain = undefined;
  };
  for (const [key, value] of Object.entries(object)) {
    const range = lines.get(key) ?? UNKNOWN_LINES;
    if (typeof value !== "object" || value === null) {
      const content = jsonText(value, key);
      if (content === "") continue;
      plain ??= { texts: [], startLine: range.startLine, endLine: range.endLine };
      plain.texts.push(content);
      // Keys that look like integers come first from JSON.parse, wherever they stand.
      plain.startLine = Math.min(plain.startLine, range.startLine);
      plain.endLine = Math.max(plain.endLine, range.endLine);
      continue;
    }
    endPlain();
    if (Array.isArray(value) && value.length > 0 && value.every(isJsonObject)) {
      value.forEach((element, position) => push(jsonText(element, key), range.elements[position] ?? range));
    } else {
      push(jsonText(value, key), range);
    }
  }
  endPlain();
}
