import type { DocumentReader } from "../../ports/document-reader.ts";
import { extensionsOf, titleOfPath } from "./formats.ts";
import { parseMarkdown } from "./markdown-blocks.ts";
import { damaged, readSourceText } from "./source-text.ts";
import { paragraphBlocks } from "./text-blocks.ts";

/** Prose never has such lines; data pasted into Markdown does, and the parser's time for it is not always linear. */
const MAX_LINE_CHARS = 100_000;

export const markdownReader: DocumentReader = {
  format: "markdown",
  extensions: extensionsOf("markdown"),
  async read(file) {
    const { text, encoding, warnings } = readSourceText(file);
    const fallbackTitle = titleOfPath(file.path);
    if (text.split("\n").some((line) => line.length > MAX_LINE_CHARS)) {
      const warning = `${file.path}: a line is longer than ${MAX_LINE_CHARS} characters, so the file was read as plain text`;
      return { title: fallbackTitle, format: "markdown", blocks: paragraphBlocks(text), encoding, warnings: [...warnings, warning] };
    }
    const { title, blocks } = await parseMarkdown(text).catch((error: unknown) => {
      throw damaged(file.path, error);
    });
    return { title: title ?? fallbackTitle, format: "markdown", blocks, encoding, warnings };
  },
};
