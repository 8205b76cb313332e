import type { ParsedDocument } from "../domain/document.ts";

export interface SourceFile {
  /** Shown in messages and used for the extension; the bytes are already read. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Turns the bytes of one format into text in blocks. */
export interface DocumentReader {
  readonly format: string;
  /** Lower case, with the dot: ".md". */
  readonly extensions: readonly string[];
  /** Throws SkippedDocument when the file cannot be read as this format: damaged, password-protected, without text. */
  read(file: SourceFile): Promise<ParsedDocument>;
}
