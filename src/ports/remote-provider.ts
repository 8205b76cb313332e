import type { EmbedDialectName, RerankDialectName, TemplateSide } from "../domain/remote-model.ts";

/** A key that no log or error shows by accident. */
export interface RemoteKey {
  /** For the one request header that needs it. */
  reveal(): string;
}

/** Where a remote model is asked, and as whom. */
export interface RemoteEndpoint<Dialect extends RerankDialectName | EmbedDialectName> {
  readonly dialect: Dialect;
  /** The server's address. The dialect adds its path where it has none of its own. */
  readonly url: string;
  /** As the server calls it; `undefined` where the server has one model and asks for no name (TEI, llama.cpp). */
  readonly model: string | undefined;
  readonly key: RemoteKey | undefined;
  readonly template: TemplateSide;
  /** Plain http to a server that is neither on this machine nor in a private range. */
  readonly allowPlainHttp: boolean;
}

/** How much is asked of a server, and how long it is waited for. Times are in milliseconds. */
export interface RemoteBounds {
  /** Of one request, from its start to the last byte of its answer. */
  readonly timeoutMs: number;
  /** Of one call of the port with all its requests, waits and repetitions. `undefined`: none. */
  readonly deadlineMs: number | undefined;
  /** Further tries after 429, 5xx and connections that failed; nothing else is repeated. */
  readonly retries: number;
  /** Requests that are under way at a time. */
  readonly concurrency: number;
  readonly requestsPerMinute: number | undefined;
}

/** What one request to a provider may hold. Texts are cut and requests split before they are sent. */
export interface ProviderLimits {
  readonly maxDocuments: number;
  /** Of one document; longer ones are cut by us, and marked as truncated. */
  readonly maxDocumentTokens: number;
  /** Of one request, counted as the provider counts. `undefined`: no limit is known. */
  readonly maxRequestTokens: number | undefined;
}

/** What requests to a provider have cost since the start. */
export interface RemoteCost {
  readonly requests: number;
  /** As the provider counts; estimated where it does not tell. */
  readonly tokens: number;
  readonly isEstimated: boolean;
  readonly cacheHits: number;
}
