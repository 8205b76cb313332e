import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { SkippedDocument, UserError } from "../../domain/errors.ts";
import type { FoundFile } from "../../ports/file-source.ts";
import { createFileWalker } from "../file-walker.ts";
import { readDocument } from "../readers/all-readers.ts";
import type { OpenedCorpus } from "./corpus-file.ts";

/** As `rerank index` leaves larger files out unless it is told otherwise. */
const MAX_FILE_BYTES = 20_000_000;

/**
 * A folder of documents in any format that can be indexed: an id is the path below the folder, with forward slashes.
 *
 * Throws UserError when there is no such folder, or nothing in it.
 */
export async function openDocsFolder(folder: string, signal?: AbortSignal): Promise<OpenedCorpus> {
  const files = createFileWalker({ baseFolder: resolve(folder) });
  const root = { path: ".", include: [], exclude: [], hidden: false, follow: false, maxFileBytes: MAX_FILE_BYTES };
  const found: FoundFile[] = [];
  const notices: string[] = [];
  for await (const entry of files.list(root)) {
    if ("file" in entry) found.push(entry.file);
    else notices.push(unreadNotice(entry.skipped.path, entry.skipped.detail));
  }
  if (found.length === 0) throw new UserError(`${folder} holds no files`, { hint: "put the documents there, or write them into corpus.jsonl" });
  const hash = createHash("sha256");
  for (const file of found) {
    signal?.throwIfAborted();
    try {
      hash.update(`${file.path}\0${createHash("sha256").update(await files.read(file)).digest("hex")}\n`);
    } catch (error) {
      if (!(error instanceof SkippedDocument)) throw error;
      hash.update(`${file.path}\0${error.reason}\n`);
      notices.push(unreadNotice(file.path, error.message));
    }
  }
  const ids = new Set(found.map(({ path }) => path));
  return {
    corpus: { digest: hash.digest("hex"), documentCount: ids.size, roots: [root], files, readDocument },
    has: (documentId) => ids.has(documentId),
    notices,
  };
}

function unreadNotice(path: string, detail: string): string {
  return `${path} cannot be read and cannot be found: ${detail}`;
}
