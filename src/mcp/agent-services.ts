import type { ModelSpec } from "../domain/model-spec.ts";
import type { Passage } from "../domain/passage.ts";
import type { SearchEvent } from "../pipeline/events.ts";
import type { Staleness } from "../pipeline/index-status.ts";
import type { SearchResult } from "../pipeline/search-result.ts";

/** One call of a tool, while it runs. */
export interface AgentCall {
  /** Aborts when the client has cancelled the call, or has left; work ends, and the call rejects with the reason. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: SearchEvent) => void;
}

export interface AgentSearch {
  readonly query: string;
  /** Results, from 1. */
  readonly limit: number;
  readonly budgetMs: number;
  readonly candidates?: number | undefined;
  /** Globs. */
  readonly paths?: readonly string[] | undefined;
  readonly instruction?: string | undefined;
  /** P(yes), 0 to 1. */
  readonly minRelevance?: number | undefined;
  readonly hybrid?: boolean | undefined;
  readonly rerank?: boolean | undefined;
}

export interface AgentRank extends Pick<AgentSearch, "query" | "limit" | "budgetMs" | "instruction" | "minRelevance"> {
  readonly documents: readonly string[];
}

/** Where a document lies, as clients are told. */
export interface DocumentPlace {
  /** Relative to the folder that holds the index, also where it has to climb out of it; forward slashes. */
  readonly path: string;
  /** `null` for clients of other machines, and for what is no file. */
  readonly absolutePath: string | null;
}

/** A document that the index holds; `path` as `DocumentPlace` has it, or absolute for clients of this machine. */
export interface WantedDocument {
  readonly passageId?: number | undefined;
  readonly path?: string | undefined;
}

export interface AgentDocument extends DocumentPlace {
  /** In reading order; never empty. */
  readonly passages: readonly Passage[];
  /** Where the wanted passage stands in `passages`, from 0; `undefined` where only the document was named. */
  readonly position: number | undefined;
}

export interface AgentModel extends Pick<ModelSpec, "id" | "precision"> {
  readonly state: "loaded" | "loading" | "available" | "failed";
  readonly device: string | null;
}

export interface AgentStatus {
  /** `null` for clients of other machines. */
  readonly baseFolder: string | null;
  /** What `rerank index` was given. */
  readonly roots: readonly string[];
  readonly documents: number;
  readonly passages: number;
  readonly dimensions: number;
  readonly createdAt: string;
  /** Of all its files. */
  readonly sizeBytes: number;
  readonly models: { readonly embedder: AgentModel; readonly reranker: AgentModel };
  /** Of a search that says nothing else. */
  readonly candidates: number;
  readonly hybrid: boolean;
  /** What has changed since the last `rerank index`; `null` where looking took too long. */
  readonly staleness: Staleness | null;
}

export interface AgentFailure {
  readonly message: string;
  /** What can be done about it. */
  readonly hint?: string | undefined;
}

/** What the tools ask of the program, for one client. Calls reject when aborted, and with errors that `describeFailure` can word. */
export interface AgentServices {
  readonly defaults: { readonly limit: number; readonly budgetMs: number };
  search(request: AgentSearch, call: AgentCall): Promise<{ readonly result: SearchResult; readonly placeOf: (path: string) => DocumentPlace }>;
  /** Works without an index. */
  rank(request: AgentRank, call: AgentCall): Promise<SearchResult>;
  /** Reads what is stored, never a file. Rejects for what the index does not hold. */
  document(wanted: WantedDocument, call: AgentCall): Promise<AgentDocument>;
  status(call: AgentCall): Promise<AgentStatus>;
  /** Words that name no more of this machine than the client may know. Also logs what is our own fault. */
  describeFailure(error: unknown): AgentFailure;
}
