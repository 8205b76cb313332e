import { SkippedDocument } from "../../domain/errors.ts";
import type { SourceFile } from "../../ports/document-reader.ts";
import { decodeText, type DecodedText } from "../decode-text.ts";

/**
 * The text of a file that should hold some.
 *
 * @throws SkippedDocument "empty" (no bytes), "no-text" (nothing but white space), "binary".
 */
export function readSourceText({ path, bytes }: SourceFile): DecodedText {
  if (bytes.length === 0) throw new SkippedDocument("empty", `${path} has no bytes`);
  const decoded = decodeText(bytes, path);
  if (!/\S/.test(decoded.text)) throw new SkippedDocument("no-text", `${path} holds nothing but white space`);
  return decoded;
}

/** A parser's failure on bytes that it was given is the file's fault, and is counted as such. */
export function damaged(path: string, cause: unknown): SkippedDocument {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new SkippedDocument("damaged", `${path}: ${detail.split("\n", 1)[0]}`, { cause });
}
