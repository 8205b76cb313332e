import type { DocumentReader } from "../../ports/document-reader.ts";
import { extensionsOf, titleOfPath } from "./formats.ts";
import { readSourceText } from "./source-text.ts";
import { paragraphBlocks } from "./text-blocks.ts";

export const textReader: DocumentReader = {
  format: "text",
  extensions: extensionsOf("text"),
  async read(file) {
    const { text, encoding, warnings } = readSourceText(file);
    return { title: titleOfPath(file.path), format: "text", blocks: paragraphBlocks(text), encoding, warnings };
  },
};
