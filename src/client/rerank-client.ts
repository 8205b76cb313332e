import type {
  AnswerFacts,
  EmbedAnswer,
  EmbedOptions,
  Health,
  ModelOptions,
  RerankAnswer,
  RerankDocument,
  RerankOptions,
  ScoreAnswer,
  SearchOptions,
  ServedModel,
} from "./client-types.ts";
import { listOf, readEmbeddings, readRanking, readScores, textOf, tokensOf } from "./read-answers.ts";
import { memberOf } from "./read-failure.ts";
import { readSearch, type SearchAnswer, type SearchEvent } from "./search-answer.ts";
import { askForJson, type CallOptions, type Connection } from "./send-request.ts";
import { streamSearch } from "./stream-search.ts";

export type * from "./client-types.ts";
export { RerankError, type RerankErrorCode } from "./rerank-error.ts";
export type { FoundPassage, SearchAnswer, SearchedPassage, SearchEvent, SearchModel, SearchPlace } from "./search-answer.ts";
export type { CallOptions } from "./send-request.ts";

export interface RerankClientOptions {
  /** Where `rerank serve` listens; a path is kept, as behind a proxy: "https://example.org/rerank". Default: "http://127.0.0.1:7372". */
  readonly baseUrl?: string;
  /** Sent as Authorization: Bearer. */
  readonly apiKey?: string;
  /** Of one call, retries and waiting included. Default: 300,000. */
  readonly timeoutMs?: number;
  /** Of one attempt, after which the server counts as gone. Default: 130,000, ten seconds more than the server's own deadline. */
  readonly attemptTimeoutMs?: number;
  /** Attempts after the first one, for 429, 502, 503 and connections that break. Default: 2; 0 for none. */
  readonly maxRetries?: number;
  /** In place of the global one: for a proxy, or for tests. */
  readonly fetch?: typeof fetch;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client of `rerank serve`. Works wherever there is fetch: Node, Deno, Bun and browsers. One client serves any number of calls. */
export class RerankClient {
  readonly #connection: Connection;

  /** @throws TypeError for an address or a key that cannot be used. */
  constructor({ baseUrl = "http://127.0.0.1:7372", apiKey, timeoutMs = 300_000, attemptTimeoutMs = 130_000, maxRetries = 2, fetch: ask, headers = {} }: RerankClientOptions = {}) {
    // Fetch would name the key in its complaint.
    if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) throw new TypeError("apiKey has characters that a header cannot carry");
    this.#connection = {
      baseUrl: parseBaseUrl(baseUrl),
      headers: { ...headers, ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) },
      // Browsers want fetch to be called on its own object.
      fetch: ask ?? ((...call) => globalThis.fetch(...call)),
      timeoutMs: atLeast(1, timeoutMs, "timeoutMs"),
      attemptTimeoutMs: atLeast(1, attemptTimeoutMs, "attemptTimeoutMs"),
      maxRetries: atLeast(0, maxRetries, "maxRetries"),
    };
  }

  /** Orders documents by how well they answer the query. */
  async rerank<Document extends RerankDocument>(query: string, documents: readonly Document[], options: RerankOptions = {}): Promise<RerankAnswer<Document>> {
    const { model, instruction, resultCount, maxTokensPerDocument, rankFields } = options;
    const body = { query, documents, model, instruction, top_n: resultCount, max_tokens_per_doc: maxTokensPerDocument, rank_fields: rankFields };
    const { answer, facts } = await this.#post("v1/rerank", body, options);
    // For the server, 0 is all, as for vLLM.
    const count = resultCount === undefined || resultCount === 0 ? documents.length : Math.min(resultCount, documents.length);
    const results = readRanking(answer, documents.length, count);
    // The index was checked against the list.
    return { ...facts, results: results.map((result) => ({ ...result, document: documents[result.index]! })) };
  }

  /** How relevant each text is, in the order given. */
  async score(query: string, texts: readonly string[], options: ModelOptions = {}): Promise<ScoreAnswer> {
    const { model, instruction } = options;
    const { answer, facts } = await this.#post("v1/score", { queries: query, documents: texts, model, instruction }, options);
    return { ...facts, relevances: readScores(answer, texts.length) };
  }

  /** Vectors of texts, or of token ids of the model's own tokenizer. They travel as base64, a quarter of the size of digits. */
  async embed(input: string | readonly (string | readonly number[])[], options: EmbedOptions = {}): Promise<EmbedAnswer> {
    const { model, instruction, use, dimensions } = options;
    const inputs = typeof input === "string" ? [input] : input;
    const { answer, facts } = await this.#post("v1/embeddings", { input: inputs, model, instruction, input_type: use, dimensions, encoding_format: "base64" }, options);
    return { ...facts, embeddings: readEmbeddings(answer, inputs.length) };
  }

  /** Both stages over the server's index. */
  async search(query: string, options: SearchOptions = {}): Promise<SearchAnswer> {
    const { value } = await askForJson(this.#connection, { method: "POST", path: "v1/search", body: searchBody(query, options) }, options);
    return readSearch(value);
  }

  /**
   * The same, as it happens: candidates as soon as they are found, judgments as they land, and at last the result. Leaving the loop
   * ends the search. Once the first event is here, nothing is asked again: a stream that breaks rejects.
   */
  searchEvents(query: string, options: SearchOptions = {}): AsyncGenerator<SearchEvent, void, undefined> {
    return streamSearch(this.#connection, { ...searchBody(query, options), stream: true }, options);
  }

  /** Models that a request may name, and what is loaded. */
  async models(options: CallOptions = {}): Promise<readonly ServedModel[]> {
    const { value } = await askForJson(this.#connection, { method: "GET", path: "v1/models" }, options);
    return listOf(value, "data").map((entry) => ({ ...(entry as object), id: textOf(entry, "id"), roles: (memberOf(entry, "roles") ?? {}) as ServedModel["roles"] }));
  }

  /** Whether the server is ready, asked once: a server that is not is an answer, no error. Rejects where there is no server. */
  async health(options: CallOptions = {}): Promise<Health> {
    const { value, response } = await askForJson(this.#connection, { method: "GET", path: "health", asItIs: true }, options);
    return { isReady: response.ok, status: textOf(value, "status") };
  }

  async #post(path: string, body: unknown, options: CallOptions): Promise<{ readonly answer: unknown; readonly facts: AnswerFacts }> {
    const { value, response } = await askForJson(this.#connection, { method: "POST", path, body }, options);
    return { answer: value, facts: { model: textOf(value, "model"), inputTokens: tokensOf(value), requestId: response.headers.get("x-request-id") ?? undefined } };
  }
}

function searchBody(query: string, options: SearchOptions): Readonly<Record<string, unknown>> {
  const { resultCount, candidateCount, rerank, hybrid, paths, minRelevance, instruction, budgetMs, perDocument, onFailure, model } = options;
  return { query, limit: resultCount, candidates: candidateCount, rerank, hybrid, paths, min_relevance: minRelevance, instruction, budget_ms: budgetMs, per_document: perDocument, on_failure: onFailure, model };
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new TypeError("baseUrl is no address such as http://127.0.0.1:7372");
  // Fetch refuses such addresses, and would name the password in its complaint.
  if (url.username !== "" || url.password !== "") throw new TypeError("baseUrl has a user name or a password in it: give the key as apiKey");
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function atLeast(least: number, value: number, name: string): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw new TypeError(`${name} must be a number from ${least}`);
}
