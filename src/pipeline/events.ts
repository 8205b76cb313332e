import type { Candidate, Judgment } from "../domain/candidate.ts";
import type { TokenUsage } from "../domain/token-usage.ts";
import type { SkippedFile } from "../ports/file-source.ts";

export type IndexStage = "list" | "embed" | "save";

/** What happens while an index is built. Screens and plain reporters read the same stream. */
export type IndexEvent =
  | { readonly type: "stage-start"; readonly stage: IndexStage }
  | { readonly type: "stage-end"; readonly stage: IndexStage; readonly elapsedMs: number }
  | { readonly type: "progress"; readonly progress: IndexProgress }
  | { readonly type: "skipped"; readonly file: SkippedFile }
  | { readonly type: "warning"; readonly path: string; readonly warning: string };

/** Counts so far. `filesTotal` is exact once listing is over; `passagesTotal` grows as files are read. */
export interface IndexProgress {
  readonly filesDone: number;
  readonly filesTotal: number;
  /** Passages with a vector, and passages known so far, of the files that are read in this run. */
  readonly passagesDone: number;
  readonly passagesTotal: number;
  /** Bytes of the files done and of all files to be read: what the remaining time is estimated from. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Passages that the model has embedded in this run (not those whose vector was known). */
  readonly embedded: number;
}

/** What happens during a search. */
export type SearchEvent =
  | {
      readonly type: "recalled";
      readonly candidates: readonly Candidate[];
      /** `null` where the candidates come from elsewhere. */
      readonly embedMs: number | null;
      readonly recallMs: number | null;
    }
  | {
      readonly type: "judged";
      /** The candidate's place in the recall, from 0. */
      readonly position: number;
      readonly judgment: Judgment;
      readonly done: number;
      readonly total: number;
      /** All tokens so far; `null` where the reranker does not count. */
      readonly usage: TokenUsage | null;
    }
  | {
      /** The reranker has failed and the first stage's order is the answer: judgments that were told count no more. */
      readonly type: "rerank-failed";
      /** One line. */
      readonly message: string;
    };
