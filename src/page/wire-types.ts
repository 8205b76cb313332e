/** What the server sends: see docs/search-result.schema.json, and found-passages.ts of the server for the events. */

export type Ranges = readonly (readonly [start: number, end: number])[];

export interface FoundPassage {
  readonly passageId: number;
  /** From 1. */
  readonly recallRank: number;
  /** Cosine, -1 to 1. */
  readonly similarity: number | null;
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly page?: number;
  readonly row?: number;
  readonly headings: readonly string[];
  readonly text: string;
  readonly highlights: Ranges;
  readonly snippet: { readonly text: string; readonly highlights: Ranges; readonly clippedStart: boolean; readonly clippedEnd: boolean };
}

export interface Judgment {
  /** Place among the candidates, from 0. */
  readonly position: number;
  /** P(yes), 0 to 1. */
  readonly relevance: number;
  readonly logit: number;
  readonly truncated: boolean;
}

export interface Timings {
  readonly embedMs: number | null;
  readonly recallMs: number | null;
}

export interface Usage {
  readonly computedTokens: number;
  readonly savedTokens: number;
}

export interface SearchRecord {
  readonly timings: Timings & { readonly rerankMs: number | null; readonly totalMs: number };
  readonly candidates: number;
  readonly judged: number;
  readonly usage: Usage | null;
  readonly partial: boolean;
  /** False: the order is the first stage's alone. */
  readonly reranked: boolean;
  /** Why, where the reranker failed; a notice says it too. */
  readonly rerankFailure: string | null;
  readonly notices: readonly string[];
  readonly results: readonly { readonly passageId: number; readonly rank: number }[];
}

export interface ErrorBody {
  readonly message: string;
}

export type SearchMessage =
  | { readonly event: "recalled"; readonly data: { readonly candidates: readonly FoundPassage[]; readonly timings: Timings; readonly willRerank: boolean } }
  | { readonly event: "judged"; readonly data: { readonly judgments: readonly Judgment[]; readonly done: number; readonly total: number } }
  | { readonly event: "rerank-failed"; readonly data: { readonly message: string } }
  | { readonly event: "result"; readonly data: SearchRecord }
  | { readonly event: "error"; readonly data: ErrorBody };

export interface DescribedModel {
  readonly id: string;
  readonly precision: string;
  readonly state: string;
  readonly device: string | null;
  readonly readsInstruction: boolean;
}

export interface IndexDescription {
  readonly documents: number;
  readonly passages: number;
  readonly models: { readonly embedder: DescribedModel; readonly reranker: DescribedModel };
  readonly defaults: { readonly candidates: number; readonly hybrid: boolean };
  readonly maxCandidates: number;
}
