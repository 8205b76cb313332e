import type { SkippedFile } from "../ports/file-source.ts";

/** What a run of `rerank index` did. Counts are documents unless they say passages. */
export interface IndexReport {
  readonly indexed: number;
  readonly unchanged: number;
  readonly moved: number;
  readonly removed: number;
  readonly skipped: readonly SkippedFile[];
  /** Parts of documents that were left out, with their path. */
  readonly warnings: readonly { readonly path: string; readonly warning: string }[];
  /** Passages written in this run, and how many of them the model had to embed. */
  readonly passages: number;
  readonly embedded: number;
  /** Passages that were longer than the embedder reads. */
  readonly truncated: number;
  /** State of the index after the run. */
  readonly total: { readonly documents: number; readonly passages: number };
  readonly elapsedMs: number;
  readonly dryRun: boolean;
  /** Stopped before the end (Ctrl-C): what was committed stays, and the next run goes on from there. */
  readonly interrupted: boolean;
}
