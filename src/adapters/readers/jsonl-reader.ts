import { SkippedDocument } from "../../domain/errors.ts";
import type { DocumentBlock } from "../../domain/document.ts";
import type { DocumentReader } from "../../ports/document-reader.ts";
import { extensionsOf, titleOfPath } from "./formats.ts";
import { jsonText } from "./json-text.ts";
import { readSourceText } from "./source-text.ts";

/** More broken lines than these are only counted. */
const MAX_NAMED_LINES = 5;

export const jsonlReader: DocumentReader = {
  format: "jsonl",
  extensions: extensionsOf("jsonl"),
  async read(file) {
    const { text, encoding, warnings } = readSourceText(file);
    const blocks: DocumentBlock[] = [];
    const broken: { readonly line: number; readonly message: string }[] = [];
    let row = 0;
    text.split("\n").forEach((content, position) => {
      if (content.trim() === "") return;
      const line = position + 1;
      // A broken line keeps its number, so that rows agree with other tools.
      row++;
      try {
        const record = jsonText(JSON.parse(content));
        if (record !== "") blocks.push({ kind: "record", text: record, startLine: line, endLine: line, row });
      } catch (error) {
        broken.push({ line, message: (error as Error).message });
      }
    });
    if (blocks.length === 0 && broken.length > 0) throw new SkippedDocument("damaged", `${file.path}: no line is valid JSON`);
    const named = broken.slice(0, MAX_NAMED_LINES).map(({ line, message }) => `${file.path}:${line}: left out, no valid JSON (${message})`);
    const unnamed = broken.length - named.length;
    if (unnamed > 0) named.push(`${file.path}: ${unnamed} more ${unnamed === 1 ? "line" : "lines"} left out, no valid JSON`);
    return { title: titleOfPath(file.path), format: "jsonl", blocks, encoding, warnings: [...warnings, ...named] };
  },
};
