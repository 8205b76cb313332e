import { SkippedDocument } from "../domain/errors.ts";
import type { FoundFile, SkippedFile } from "../ports/file-source.ts";
import type { PassageStore } from "../ports/passage-store.ts";
import type { IndexEvent } from "./events.ts";
import type { IndexReport } from "./index-report.ts";
import type { IndexPlan } from "./plan-index.ts";

/** Counts of a run while it goes on; see IndexReport for what each means. */
export interface Tally {
  indexed: number;
  unchanged: number;
  moved: number;
  removed: number;
  skipped: SkippedFile[];
  warnings: { path: string; warning: string }[];
  passages: number;
  embedded: number;
  truncated: number;
  interrupted: boolean;
}

export function createTally(plan: IndexPlan | undefined): Tally {
  return {
    indexed: 0,
    unchanged: plan?.unchanged.length ?? 0,
    moved: 0,
    removed: 0,
    skipped: [...(plan?.skipped ?? [])],
    warnings: [],
    passages: 0,
    embedded: 0,
    truncated: 0,
    interrupted: false,
  };
}

/** Why a document was left out. */
export type Skip = Pick<SkippedFile, "reason" | "detail">;

/** Counts and reports a document that cannot be read, and says why. Any other error is thrown on. */
export function countSkipped(
  tally: Tally,
  file: FoundFile,
  error: unknown,
  onEvent: ((event: IndexEvent) => void) | undefined,
): Skip {
  if (!(error instanceof SkippedDocument)) throw error;
  const skip = { reason: error.reason, detail: error.message };
  const skipped: SkippedFile = { path: file.path, ...skip };
  tally.skipped.push(skipped);
  onEvent?.({ type: "skipped", file: skipped });
  return skip;
}

export function reportOf(tally: Tally, store: PassageStore, startedAt: number, dryRun: boolean): IndexReport {
  const { documents, passages } = store.counts();
  return { ...tally, total: { documents, passages }, elapsedMs: performance.now() - startedAt, dryRun };
}
