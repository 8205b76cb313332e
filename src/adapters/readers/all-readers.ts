import { SkippedDocument } from "../../domain/errors.ts";
import type { ParsedDocument } from "../../domain/document.ts";
import type { DocumentReader, SourceFile } from "../../ports/document-reader.ts";
import { formatOfPath, type FormatName } from "./formats.ts";

export { SUPPORTED_FORMATS } from "./formats.ts";

/** Each reader comes with its library on first use: `rerank search` reads no document and pays for none of them. */
const READERS: Readonly<Record<FormatName, () => Promise<DocumentReader>>> = {
  markdown: async () => (await import("./markdown-reader.ts")).markdownReader,
  text: async () => (await import("./text-reader.ts")).textReader,
  html: async () => (await import("./html-reader.ts")).htmlReader,
  pdf: async () => (await import("./pdf-reader.ts")).pdfReader,
  docx: async () => (await import("./docx-reader.ts")).docxReader,
  csv: async () => (await import("./csv-reader.ts")).csvReader,
  json: async () => (await import("./json-reader.ts")).jsonReader,
  jsonl: async () => (await import("./jsonl-reader.ts")).jsonlReader,
  notebook: async () => (await import("./notebook-reader.ts")).notebookReader,
  code: async () => (await import("./code-reader.ts")).codeReader,
};

/**
 * Reads a file with the reader that its name asks for, or its first bytes where the name says nothing. Whatever decodes
 * as text is read as text.
 *
 * @throws SkippedDocument when there is nothing to index: empty, no-text, binary, damaged, password-protected.
 */
export async function readDocument(file: SourceFile): Promise<ParsedDocument> {
  if (file.bytes.length === 0) throw new SkippedDocument("empty", `${file.path} has no bytes`);
  const reader = await READERS[formatOfPath(file.path) ?? formatOfBytes(file.bytes)]();
  const document = await reader.read(file);
  if (document.blocks.length === 0) throw new SkippedDocument("no-text", `${file.path} has no text in it`);
  return document;
}

/** For names that say nothing: scripts by their first line, the rest as plain text (which refuses binary data). */
function formatOfBytes(bytes: Uint8Array): FormatName {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 64));
  if (start.startsWith("%PDF-")) return "pdf";
  if (/^(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html)/i.test(start)) return "html";
  return start.startsWith("#!") ? "code" : "text";
}
