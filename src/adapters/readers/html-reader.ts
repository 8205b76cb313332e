import { SkippedDocument } from "../../domain/errors.ts";
import type { DocumentReader } from "../../ports/document-reader.ts";
import { extensionsOf, titleOfPath } from "./formats.ts";
import { loadHtmlParser } from "./html-blocks.ts";
import { damaged, readSourceText } from "./source-text.ts";

export const htmlReader: DocumentReader = {
  format: "html",
  extensions: extensionsOf("html"),
  async read(file) {
    const { text, encoding, warnings } = readSourceText(file);
    const parse = await loadHtmlParser();
    let parsed;
    try {
      parsed = parse(text, 1);
    } catch (error) {
      throw damaged(file.path, error);
    }
    if (parsed.blocks.length === 0) throw new SkippedDocument("no-text", `${file.path} shows no text: it may be drawn by a script`);
    return { title: parsed.title ?? titleOfPath(file.path), format: "html", blocks: parsed.blocks, encoding, warnings };
  },
};
