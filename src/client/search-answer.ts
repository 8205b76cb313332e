import { memberOf } from "./read-failure.ts";
import { badAnswer, listOf } from "./read-answers.ts";

/** A model as an answer names it. */
export interface SearchModel {
  readonly id: string;
  readonly revision: string;
  readonly precision: string;
  /** Changes whenever scores or vectors could. */
  readonly fingerprint: string;
}

/** Where a passage stands. */
export interface SearchPlace {
  /** Relative to the folder of the index. */
  readonly path: string;
  readonly startLine: number;
  /** Included. */
  readonly endLine: number;
  /** PDF: lines count within the text of this page. */
  readonly page?: number;
  /** CSV, TSV, JSONL: first record, the header not counted. */
  readonly row?: number;
  /** From the document's title down to the nearest heading. */
  readonly headings: readonly string[];
  readonly text: string;
  readonly passageId: number;
}

export interface FoundPassage extends SearchPlace {
  /** Place in the first stage's order, from 1. */
  readonly recallRank: number;
  /** Cosine between query and passage, -1 to 1. */
  readonly similarity: number | null;
}

export interface SearchedPassage extends FoundPassage {
  /** Place in the final order, from 1. */
  readonly rank: number;
  /** Places gained (positive) or lost between the first stage and the second. */
  readonly movement: number;
  /** P(yes) of the reranker, 0 to 1; null where it did not judge. */
  readonly relevance: number | null;
  /** relevance = sigmoid(logit). Orders within a query, means nothing between models. */
  readonly logit: number | null;
  /** The reranker saw only the beginning of the passage. */
  readonly truncated: boolean;
}

/** What `rerank search --json` prints: docs/search-result.schema.json. Times are in milliseconds. */
export interface SearchAnswer {
  readonly version: 1;
  readonly query: string;
  readonly instruction: string | null;
  readonly models: { readonly embedder: SearchModel | null; readonly reranker: SearchModel | null };
  readonly settings: Readonly<Record<string, unknown>>;
  readonly timings: { readonly embedMs: number | null; readonly recallMs: number | null; readonly rerankMs: number | null; readonly totalMs: number };
  /** Passages that the first stage found, and how many of them the reranker judged. */
  readonly candidates: number;
  readonly judged: number;
  readonly usage: { readonly computedTokens: number; readonly savedTokens: number } | null;
  /** The budget was spent before all candidates were judged. */
  readonly partial: boolean;
  /** False: the order is the first stage's alone. */
  readonly reranked: boolean;
  /** Why the reranker did not decide the order, where it failed and `onFailure` is "cosine"; else null. */
  readonly rerankFailure: string | null;
  /** Fallbacks, truncations of the query and ignored settings, one line each. */
  readonly notices: readonly string[];
  /** Best first. */
  readonly results: readonly SearchedPassage[];
}

/** What a search tells while it runs. The last one is `result`. */
export type SearchEvent =
  | {
      readonly type: "recalled";
      readonly query: string;
      /** In the first stage's order. */
      readonly candidates: readonly FoundPassage[];
      readonly timings: { readonly embedMs: number; readonly recallMs: number };
      readonly willRerank: boolean;
    }
  | {
      readonly type: "judged";
      /** `position` counts the candidates of `recalled`, from 0. */
      readonly judgments: readonly { readonly position: number; readonly relevance: number; readonly logit: number; readonly truncated: boolean }[];
      readonly done: number;
      readonly total: number;
    }
  /** The first stage's order is the answer: judgments that were told count no more. */
  | { readonly type: "rerank-failed"; readonly message: string }
  | { readonly type: "result"; readonly result: SearchAnswer };

/** @throws RerankError for what is no search's answer, or one of a later version. */
export function readSearch(answer: unknown): SearchAnswer {
  const version = memberOf(answer, "version");
  if (version !== 1) throw badAnswer(version === undefined ? "it is no search's" : `it has version ${String(version)}, and this client knows 1`);
  for (const result of listOf(answer, "results")) {
    const relevance = memberOf(result, "relevance");
    if (relevance !== null && !Number.isFinite(relevance)) throw badAnswer("a relevance that is no number");
  }
  return answer as SearchAnswer;
}

/** @returns `undefined` for an event of a later version, which may be left out. @throws RerankError. */
export function readSearchEvent(name: string, data: unknown): SearchEvent | undefined {
  if (name === "result") return { type: "result", result: readSearch(data) };
  if (name === "recalled") {
    listOf(data, "candidates");
    return { type: "recalled", ...(data as Omit<Extract<SearchEvent, { type: "recalled" }>, "type">) };
  }
  if (name === "rerank-failed") return { type: "rerank-failed", message: String(memberOf(data, "message") ?? "") };
  if (name !== "judged") return undefined;
  for (const judgment of listOf(data, "judgments")) if (!Number.isFinite(memberOf(judgment, "relevance"))) throw badAnswer("a relevance that is no number");
  return { type: "judged", ...(data as Omit<Extract<SearchEvent, { type: "judged" }>, "type">) };
}
