import type { DocumentReader } from "../../ports/document-reader.ts";
import { codeBlocks } from "./code-blocks.ts";
import { extensionsOf } from "./formats.ts";
import { readSourceText } from "./source-text.ts";

export const codeReader: DocumentReader = {
  format: "code",
  extensions: extensionsOf("code"),
  async read(file) {
    const { text, encoding, warnings } = readSourceText(file);
    // The extension says the language, so source files keep it in their title.
    const title = file.path.slice(file.path.lastIndexOf("/") + 1);
    return { title, format: "code", blocks: codeBlocks(text), encoding, warnings };
  },
};
