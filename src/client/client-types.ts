import type { ReadEmbedding } from "./read-answers.ts";
import type { CallOptions } from "./send-request.ts";

/** A text, or an object whose `text` is read; `rankFields` names other fields. */
export type RerankDocument = string | Readonly<Record<string, unknown>>;

export interface ModelOptions extends CallOptions {
  /** A name that `models()` lists; the server's own by default. */
  readonly model?: string;
  /** What relevant means, for models that read an instruction; the others ignore it. */
  readonly instruction?: string;
}

export interface RerankOptions extends ModelOptions {
  /** How many results come back, best first. Default: all. */
  readonly resultCount?: number;
  /** Reads no more of each document than this. */
  readonly maxTokensPerDocument?: number;
  /** Fields of documents that are objects, read as lines "name: value". */
  readonly rankFields?: readonly string[];
}

/** What every answer of a model tells. */
export interface AnswerFacts {
  readonly model: string;
  /** Tokens that the model reads for the request. */
  readonly inputTokens: number;
  /** What the server's log calls the request. */
  readonly requestId: string | undefined;
}

export interface RankedDocument<Document> {
  /** Place in the list that was sent, from 0. */
  readonly index: number;
  /** As it was sent. */
  readonly document: Document;
  /** 0 to 1. Comparable between documents of one query and one model. */
  readonly relevance: number;
  /** The model read only the beginning of the document. */
  readonly truncated: boolean;
}

export interface RerankAnswer<Document> extends AnswerFacts {
  /** Best first; equal ones by index. */
  readonly results: readonly RankedDocument<Document>[];
}

export interface ScoreAnswer extends AnswerFacts {
  /** One per text, in the order given: 0 to 1. */
  readonly relevances: readonly number[];
}

export interface EmbedOptions extends ModelOptions {
  /** Models read the two sides of a search differently. Default: "passage"; with an instruction, "query". */
  readonly use?: "query" | "passage";
  /** Shorter vectors, from models that were trained for it. */
  readonly dimensions?: number;
}

export interface EmbedAnswer extends AnswerFacts {
  /** One per input, in the order given; of unit length. */
  readonly embeddings: readonly ReadEmbedding[];
}

export interface SearchOptions extends ModelOptions {
  readonly resultCount?: number;
  /** Passages that the first stage hands to the reranker. */
  readonly candidateCount?: number;
  /** False keeps the order of the first stage. */
  readonly rerank?: boolean;
  /** Recalls by words as well as by meaning. */
  readonly hybrid?: boolean;
  /** Only documents whose path matches one of these globs. */
  readonly paths?: readonly string[];
  /** Leaves out results of a lower relevance, 0 to 1. */
  readonly minRelevance?: number;
  /** Time for the search; then the best order so far is the answer, marked `partial`. */
  readonly budgetMs?: number;
  /** Keeps the best passage of each document only. */
  readonly perDocument?: boolean;
  /** When the reranker fails: its error, or the order of the first stage, marked `reranked: false`. The server's setting when absent. */
  readonly onFailure?: "error" | "cosine";
}

export interface ServedModel {
  readonly id: string;
  /** What the model can do, and how it stands with it: state, device, memory, tokens, licence. */
  readonly roles: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Health {
  /** The server's own models are loaded, and it takes new work. */
  readonly isReady: boolean;
  /** In the server's words. */
  readonly status: string;
}
