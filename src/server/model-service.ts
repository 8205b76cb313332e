import type { Judgment } from "../domain/candidate.ts";
import type { ModelRole, ModelSpec } from "../domain/model-spec.ts";
import type { TokenUsage } from "../domain/token-usage.ts";
import type { Embedding } from "../ports/embedder.ts";

/** Who asks, and how long an answer is of use. */
export interface Caller {
  /** The work of different clients takes turns. The digest of a key, an address, or a connection of the socket. */
  readonly client: string;
  /** Aborts when the client has left or its time is over; what is left of its work is dropped, and calls reject with the reason. */
  readonly signal: AbortSignal;
}

/** A name that a client uses, a model that was located already, or `undefined`: the server's own. */
export type WantedModel = string | ModelSpec | undefined;

export interface ScoreRequest {
  readonly model?: WantedModel;
  readonly query: string;
  readonly texts: readonly string[];
  /** What relevant means. Models that read none ignore it. */
  readonly instruction?: string | undefined;
  /** Reads no more of each text than this, in tokens of the model; what is longer is marked as truncated. */
  readonly maxTextTokens?: number | undefined;
  /** Called once per text as its judgment lands: in any order, the cached ones first. */
  readonly onJudgment?: ((position: number, judgment: Judgment) => void) | undefined;
  /** Called with the tokens of all texts so far. */
  readonly onUsage?: ((usage: TokenUsage) => void) | undefined;
  /** Called before each judgment for which only the query's beginning was read. */
  readonly onQueryTruncated?: (() => void) | undefined;
}

/** What every answer tells beside its values. */
export interface ServedWork {
  readonly spec: ModelSpec;
  /** As the client called it, or the server's own name for its default. */
  readonly modelName: string;
  /** From the request's arrival to the first text's turn. */
  readonly queueMs: number;
  /** From the first text's turn to the last text's answer. */
  readonly inferenceMs: number;
}

export interface ScoreReply extends ServedWork {
  /** One per text, in the order given. */
  readonly judgments: readonly Judgment[];
  /** Of the texts that were judged now: cached ones cost none. */
  readonly usage: TokenUsage;
  /** Tokens of all pairs as the model reads them, those of cached ones included: what `usage` of an API reports. */
  readonly inputTokens: number;
  /** Texts whose relevance was known from an earlier request. */
  readonly cachedCount: number;
  /** Of the query only the beginning was read, with one text or more: some models leave it what a text does not take. */
  readonly queryTruncated: boolean;
}

export interface EmbedRequest {
  readonly model?: WantedModel;
  /** Texts, or token ids of the model's own tokenizer without special tokens. */
  readonly inputs: readonly (string | readonly number[])[];
  readonly use: "query" | "passage";
  /** For queries. Models that read none ignore it. */
  readonly instruction?: string | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface EmbedReply extends ServedWork {
  /** One per input, in the order given; unit length. */
  readonly embeddings: readonly Embedding[];
  /** As the model reads them, prefixes and special tokens included. */
  readonly inputTokens: number;
}

export interface ServedModel {
  /** What a request may call it; the aliases of one model stand beside each other. */
  readonly names: readonly string[];
  readonly role: ModelRole;
  readonly isDefault: boolean;
  readonly state: "loaded" | "loading" | "available" | "failed";
  readonly spec: ModelSpec;
  /** Where it runs, once it is loaded. */
  readonly device: string | null;
  /** Resident memory of its process, once it is loaded. */
  readonly memoryBytes: number | null;
}

/** How much waits, and what was done since the start. */
export interface ServiceLoad {
  /** Calls that are not answered yet: those that wait for a model to load, too. */
  readonly calls: number;
  readonly waitingRequests: number;
  /** Estimated. */
  readonly waitingTokens: number;
  /** Texts and estimated tokens that the models are working on. */
  readonly runningTexts: number;
  readonly runningTokens: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly loadedModels: number;
  /** Times that a model's process has died. */
  readonly deaths: number;
}

/**
 * Models that many clients share. Work waits in one queue, bounded by requests and tokens; clients take turns by tokens, so
 * that a long request never holds up a short one. Models load when they are first asked for, and the least recently used
 * one makes room when memory is short.
 *
 * Calls reject with ServiceError (`unknown-model`, `too-many`, `overloaded`, `unavailable`, `deadline`, `model-failed`), or with
 * the caller's `signal.reason`.
 */
export interface ModelService {
  score(request: ScoreRequest, caller: Caller): Promise<ScoreReply>;
  embed(request: EmbedRequest, caller: Caller): Promise<EmbedReply>;
  /** One count per text, special tokens not included. */
  countTokens(texts: readonly string[], model: WantedModel, caller: Caller): Promise<number[]>;
  /** The model behind a name, without loading it. Rejects with ServiceError `unknown-model`. */
  locate(model: WantedModel, role: ModelRole): Promise<ModelSpec>;
  /**
   * The server's own models, those that are loaded, and those that a request may name.
   *
   * @param measures whether processes are asked for their memory first, which may take half a second where they are busy; by default they are.
   */
  models(options?: { readonly measures?: boolean }): Promise<readonly ServedModel[]>;
  load(): ServiceLoad;
  /** Whether the server's own models are loaded and new work is taken. */
  readonly state: "loading" | "ready" | "draining" | "failed";
  /** Takes no new work, and resolves when what was taken is done. */
  drain(): Promise<void>;
  /** Ends the models' processes at once. May be called twice. */
  close(): Promise<void>;
}
