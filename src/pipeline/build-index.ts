import { SkippedDocument } from "../domain/errors.ts";
import type { SourceFile } from "../ports/document-reader.ts";
import { wellFormed, type ParsedDocument } from "../domain/document.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { FileSource, FoundFile } from "../ports/file-source.ts";
import type { DocumentRecord, IndexRoot, PassageStore } from "../ports/passage-store.ts";
import type { UpdatableVectorIndex } from "../ports/vector-index.ts";
import { chunkDocument } from "../stages/chunk-document.ts";
import { createEmbeddingWindow } from "./embedding-window.ts";
import type { IndexEvent, IndexStage } from "./events.ts";
import type { IndexReport } from "./index-report.ts";
import { countSkipped, createTally, reportOf, type Skip } from "./index-tally.ts";
import { contentHashOf, planIndex, takeMoved, type IndexPlan } from "./plan-index.ts";
import { untilAborted } from "./until-aborted.ts";

export interface BuildIndexDependencies {
  readonly store: PassageStore;
  readonly files: FileSource;
  readonly readDocument: (file: SourceFile) => Promise<ParsedDocument>;
  readonly embedder: Embedder;
  readonly vectorIndex: UpdatableVectorIndex;
}

export interface BuildIndexOptions {
  readonly roots: readonly IndexRoot[];
  readonly chunking: { readonly maxTokens: number; readonly overlapTokens: number };
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: IndexEvent) => void;
}

/**
 * Brings the store in step with the files below the roots. Every batch of vectors and every finished document is one
 * commit: after an interruption at any moment the index is valid, and the next run goes on from there. When `signal`
 * aborts, the run ends early with `interrupted: true`.
 */
export async function buildIndex(deps: BuildIndexDependencies, options: BuildIndexOptions): Promise<IndexReport> {
  const run = createRun(deps, options);
  try {
    await run.execute();
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    run.tally.interrupted = true;
  }
  await run.finish();
  return run.report();
}

/** What would be done, without writing: files are read only to recognize moved ones. */
export async function planOnly(
  deps: Pick<BuildIndexDependencies, "store" | "files">,
  options: Pick<BuildIndexOptions, "roots" | "signal" | "onEvent">,
): Promise<IndexReport> {
  const startedAt = performance.now();
  const stored = deps.store.documents();
  const plan = await planIndex(deps.files, options.roots, stored, () => {}, options.signal);
  const tally = createTally(plan);
  const known = new Map(stored.map((document) => [document.path, document]));
  for (const file of plan.pending) {
    options.signal?.throwIfAborted();
    try {
      const contentHash = contentHashOf(await untilAborted(deps.files.read(file), options.signal));
      const document = known.get(file.path);
      if (document?.contentHash === contentHash && document.skip === undefined) tally.unchanged++;
      else if (document?.skip !== undefined && document.contentHash === contentHash) tally.skipped.push({ path: file.path, ...document.skip });
      else if (!known.has(file.path) && takeMoved(plan, file, contentHash)) tally.moved++;
      else tally.indexed++;
    } catch (error) {
      const skip = countSkipped(tally, file, error, options.onEvent);
      if (known.has(file.path) && losesItsPassages(skip)) tally.removed++;
    }
  }
  tally.removed += withPassages(plan.vanished);
  return reportOf(tally, deps.store, startedAt, true);
}

function createRun({ store, files, readDocument, embedder, vectorIndex }: BuildIndexDependencies, options: BuildIndexOptions) {
  const { roots, chunking, signal, onEvent } = options;
  const startedAt = performance.now();
  let tally = createTally(undefined);
  const progress = { filesDone: 0, filesTotal: 0, passagesDone: 0, passagesTotal: 0, bytesDone: 0, bytesTotal: 0, embedded: 0 };

  const emitProgress = () => onEvent?.({ type: "progress", progress: { ...progress } });

  const window = createEmbeddingWindow({
    embedder,
    store,
    ...(signal && { signal }),
    onEmbedded(added, truncated) {
      vectorIndex.add(added);
      tally.embedded += added.length;
      tally.truncated += truncated;
      progress.embedded += added.length;
      progress.passagesDone += added.length;
      emitProgress();
    },
    onSaved(document, passageCount) {
      tally.indexed++;
      tally.passages += passageCount;
      countFile(document);
    },
  });

  async function timed<T>(stage: IndexStage, work: () => Promise<T>): Promise<T> {
    const stageStartedAt = performance.now();
    onEvent?.({ type: "stage-start", stage });
    const result = await work();
    onEvent?.({ type: "stage-end", stage, elapsedMs: performance.now() - stageStartedAt });
    return result;
  }

  async function execute(): Promise<void> {
    const stored = store.documents();
    const plan = await timed("list", () =>
      planIndex(files, roots, stored, (count) => {
        progress.filesTotal = count;
        emitProgress();
      }, signal),
    );
    tally = createTally(plan);
    for (const file of plan.skipped) onEvent?.({ type: "skipped", file });
    progress.filesTotal = plan.pending.length;
    progress.bytesTotal = plan.pending.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    emitProgress();
    const known = new Map(stored.map((document) => [document.path, document]));
    await timed("embed", async () => {
      for (const file of plan.pending) {
        signal?.throwIfAborted();
        await take(file, known.get(file.path), plan);
        if (window.isFull) await window.flush();
      }
      await window.flush();
    });
    const gone = [...plan.vanished.keys()];
    store.removeDocuments(gone);
    tally.removed += withPassages(plan.vanished);
  }

  async function take(file: FoundFile, known: DocumentRecord | undefined, plan: IndexPlan): Promise<void> {
    let contentHash: string | undefined;
    try {
      const bytes = await untilAborted(files.read(file), signal);
      contentHash = contentHashOf(bytes);
      if (known?.contentHash === contentHash) {
        store.touchDocuments([file]);
        if (known.skip === undefined) tally.unchanged++;
        else countSkipped(tally, file, new SkippedDocument(known.skip.reason, known.skip.detail), onEvent);
        countFile(file);
        return;
      }
      const moved = known === undefined ? takeMoved(plan, file, contentHash) : undefined;
      if (moved !== undefined) {
        store.moveDocument(moved.path, { ...moved, path: file.path, sizeBytes: file.sizeBytes, mtimeMs: file.mtimeMs });
        tally.moved++;
        countFile(file);
        return;
      }
      await prepare(file, bytes, contentHash);
    } catch (error) {
      const skip = countSkipped(tally, file, error, onEvent);
      countFile(file);
      if (contentHash !== undefined) {
        // Remembered, so that the next run does not read it again only to find the same.
        const { path, sizeBytes, mtimeMs } = file;
        store.saveDocument({ path, sizeBytes, mtimeMs, contentHash, format: "", title: "", skip }, []);
      } else if (known !== undefined && losesItsPassages(skip)) store.removeDocuments([file.path]);
      else return;
      if (known !== undefined && known.skip === undefined) tally.removed++;
    }
  }

  function countFile({ sizeBytes }: Pick<FoundFile, "sizeBytes">): void {
    progress.filesDone++;
    progress.bytesDone += sizeBytes;
    emitProgress();
  }

  async function prepare(file: FoundFile, bytes: Uint8Array, contentHash: string): Promise<void> {
    const document = wellFormed(await untilAborted(readDocument({ path: file.path, bytes }), signal));
    const drafts = await untilAborted(chunkDocument(document, embedder, chunking), signal);
    if (drafts.length === 0) throw new SkippedDocument("no-text", "there is nothing in it beside headings");
    for (const warning of document.warnings) {
      tally.warnings.push({ path: file.path, warning });
      onEvent?.({ type: "warning", path: file.path, warning });
    }
    progress.passagesTotal += drafts.length;
    const { sizeBytes, mtimeMs, path } = file;
    progress.passagesDone += window.add({ path, sizeBytes, mtimeMs, contentHash, format: document.format, title: document.title }, drafts);
    emitProgress();
  }

  /** Drops vectors that nothing uses and writes the vector index; after an interruption only what is safe to keep. */
  async function finish(): Promise<void> {
    await timed("save", async () => {
      if (!tally.interrupted) {
        store.pruneVectors();
        const kept = new Set(store.vectorIds());
        vectorIndex.remove([...vectorIndex.vectorIds].filter((id) => !kept.has(id)));
      }
      await vectorIndex.save();
    });
  }

  return {
    get tally() {
      return tally;
    },
    execute,
    finish,
    report: () => reportOf(tally, store, startedAt, false),
  };
}

/** What the index holds of a file that is there no more, or is another file now, would be an answer that nobody can open. */
function losesItsPassages({ reason }: Skip): boolean {
  return reason !== "unreadable";
}

function withPassages(documents: ReadonlyMap<string, DocumentRecord>): number {
  return [...documents.values()].filter(({ skip }) => skip === undefined).length;
}
