import type { DocumentReader } from "../../ports/document-reader.ts";
import { extensionsOf, titleOfPath } from "./formats.ts";
import { parseMarkdown } from "./markdown-blocks.ts";
import { damaged, readSourceText } from "./source-text.ts";

export const markdownReader: DocumentReader = {
  format: "markdown",
  extensions: extensionsOf("markdown"),
  async read(file) {
    const { text, encoding, warnings } = readSourceText(file);
    const { title, blocks } = await parseMarkdown(text).catch((error: unknown) => {
      throw damaged(file.path, error);
    });
    return { title: title ?? titleOfPath(file.path), format: "markdown", blocks, encoding, warnings };
  },
};
