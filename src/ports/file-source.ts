import type { SkipReason } from "../domain/errors.ts";
import type { IndexRoot } from "./passage-store.ts";

export interface FoundFile {
  /** As it is stored: relative to the index's base folder with forward slashes, or absolute. */
  readonly path: string;
  readonly absolutePath: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

export interface SkippedFile {
  readonly path: string;
  readonly reason: SkipReason;
  /** One line: what exactly is wrong with it. */
  readonly detail: string;
}

/** Lists and reads the files below a root. */
export interface FileSource {
  /**
   * Every file below the root that the ignore rules and options let through, each once, in a stable order (by path).
   * Files that are wanted but cannot be had (unreadable folder, symbolic link loop, too large) come as SkippedFile;
   * files that the user excluded do not come at all.
   * Throws UserError when the root itself does not exist.
   */
  list(root: IndexRoot): AsyncIterable<{ readonly file: FoundFile } | { readonly skipped: SkippedFile }>;

  /** Whether a stored path is a root (as stored, too) or lies below it. */
  covers(root: string, path: string): boolean;

  /** The bytes as they are now. Throws SkippedDocument: vanished, unreadable, or changed-while-read (twice). */
  read(file: FoundFile): Promise<Uint8Array>;
}
