import { createHash } from "node:crypto";
import { basename, extname } from "node:path/posix";
import type { FileSource, FoundFile, SkippedFile } from "../ports/file-source.ts";
import type { DocumentRecord, IndexRoot } from "../ports/passage-store.ts";
import { untilAborted } from "./until-aborted.ts";

/** What a walk over the roots found, against what the store holds. */
export interface IndexPlan {
  /** Same size and time as stored: not read. */
  readonly unchanged: readonly FoundFile[];
  /** New, or changed in size or time: to be read. */
  readonly pending: readonly FoundFile[];
  /** Stored below these roots and not found any more: moved somewhere, or gone. Moves are taken out as they are recognized. */
  readonly vanished: Map<string, DocumentRecord>;
  /** Wanted, and not to be had: as the walk found it, or as the last run did when it read a file that has not changed. */
  readonly skipped: readonly SkippedFile[];
}

/** Digest of a file's bytes: what "the same content" means. */
export function contentHashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Lists the roots and sorts every file by what has to be done with it. Reads no file. */
export async function planIndex(
  files: FileSource,
  roots: readonly IndexRoot[],
  stored: readonly DocumentRecord[],
  onFound: (count: number) => void,
  signal?: AbortSignal,
): Promise<IndexPlan> {
  const known = new Map(stored.map((document) => [document.path, document]));
  const found = new Map<string, FoundFile>();
  const skipped = new Map<string, SkippedFile>();
  for (const root of roots) {
    const entries = files.list(root)[Symbol.asyncIterator]();
    for (;;) {
      const next = await untilAborted(entries.next(), signal);
      if (next.done === true) break;
      const entry = next.value;
      if ("skipped" in entry) skipped.set(entry.skipped.path, entry.skipped);
      else found.set(entry.file.path, entry.file);
      onFound(found.size);
    }
  }
  const unchanged: FoundFile[] = [];
  const pending: FoundFile[] = [];
  for (const file of found.values()) {
    const document = known.get(file.path);
    const same = document?.sizeBytes === file.sizeBytes && document.mtimeMs === file.mtimeMs;
    if (!same) pending.push(file);
    else if (document.skip === undefined) unchanged.push(file);
    else skipped.set(file.path, { path: file.path, ...document.skip });
  }
  const vanished = new Map(
    stored
      .filter(({ path }) => !found.has(path) && roots.some((root) => files.covers(root.path, path)))
      .filter(({ path }) => !isOutOfSight(path, skipped, files))
      .map((document) => [document.path, document]),
  );
  return { unchanged, pending, vanished, skipped: [...skipped.values()] };
}

/**
 * The vanished document that this file is, at another path: same content, same kind, and the same title, which is part of
 * what the models read. Takes it out of the vanished ones.
 */
export function takeMoved(plan: IndexPlan, file: FoundFile, contentHash: string): DocumentRecord | undefined {
  for (const document of plan.vanished.values()) {
    if (document.skip !== undefined) continue;
    if (document.contentHash !== contentHash || extname(document.path) !== extname(file.path)) continue;
    const isTitledByName = document.title === basename(document.path, extname(document.path));
    if (isTitledByName && basename(document.path) !== basename(file.path)) continue;
    plan.vanished.delete(document.path);
    return document;
  }
  return undefined;
}

/** A folder that cannot be read today says nothing about the files in it: they keep their passages. */
function isOutOfSight(path: string, skipped: ReadonlyMap<string, SkippedFile>, files: FileSource): boolean {
  for (const { reason, path: skippedPath } of skipped.values()) {
    if (reason === "unreadable" && files.covers(skippedPath, path)) return true;
  }
  return false;
}
