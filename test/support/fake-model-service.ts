import type { ModelRole, ModelSpec } from "../../src/domain/model-spec.ts";
import { estimateTokens } from "../../src/domain/estimate-tokens.ts";
import type { Caller, EmbedRequest, ModelService, ScoreRequest, ServedModel, WantedModel } from "../../src/server/model-service.ts";
import { ServiceError } from "../../src/server/service-error.ts";
import { createFakeEmbedder, createFakeReranker, fakeSpec } from "./fake-models.ts";

export interface FakeModelServiceOptions {
  /** Of a text for a query; by default the words that they share, less one. */
  readonly logitOf?: (query: string, text: string) => number;
  /** Time for each text. */
  readonly delayMs?: number;
  /** Of "mini" as an embedder: its family says whether vectors may be cut, its `maxTokens` which texts are. */
  readonly embedderSpec?: ModelSpec;
  /** Thrown by every call, as long as it returns one. */
  readonly failure?: () => Error | undefined;
}

export interface FakeModelService extends ModelService {
  readonly scored: (ScoreRequest & Caller)[];
  readonly embedded: (EmbedRequest & Caller)[];
  state: ModelService["state"];
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function sharedWords(query: string, text: string): number {
  const words = new Set(wordsOf(text));
  return wordsOf(query).filter((word) => words.has(word)).length - 1;
}

/**
 * A service without models: relevance is the words that query and text share, tokens are estimated, and every token id n
 * decodes to the word "n". It knows one pair, called "mini", with the alias "rerank-v3.5" for its reranker.
 */
export function createFakeModelService({
  logitOf = sharedWords,
  delayMs = 0,
  embedderSpec = fakeSpec("embedder", "mini"),
  failure,
}: FakeModelServiceOptions = {}): FakeModelService {
  const rerankerSpec = fakeSpec("reranker", "mini", true);
  const embedder = createFakeEmbedder({ spec: embedderSpec });
  const reranker = createFakeReranker(logitOf, delayMs, rerankerSpec);
  const scored: FakeModelService["scored"] = [];
  const embedded: FakeModelService["embedded"] = [];
  let state: ModelService["state"] = "ready";

  async function locate(model: WantedModel, role: ModelRole): Promise<ModelSpec> {
    if (typeof model === "object") return model;
    const names = role === "reranker" ? ["mini", "rerank-v3.5"] : ["mini"];
    if (model !== undefined && !names.includes(model)) throw new ServiceError("unknown-model", `there is no ${role} "${model}" here`, { param: "model" });
    return role === "reranker" ? rerankerSpec : embedderSpec;
  }

  function check({ signal }: Caller): void {
    const error = failure?.();
    if (error !== undefined) throw error;
    if (state === "draining") throw new ServiceError("unavailable", "the server is stopping", { retryAfterSeconds: 1 });
    signal.throwIfAborted();
  }

  const nameOf = (model: WantedModel): string => (typeof model === "string" ? model : "mini");

  return {
    scored,
    embedded,
    get state() {
      return state;
    },
    set state(next) {
      state = next;
    },
    locate,
    async score(request, caller) {
      check(caller);
      scored.push({ ...request, ...caller });
      const { query, texts, instruction, maxTextTokens, onJudgment, onUsage, onQueryTruncated } = request;
      const spec = await locate(request.model, "reranker");
      let usage = { computedTokens: 0, savedTokens: 0 };
      let queryTruncated = false;
      const judgments = await reranker.score(query, texts, {
        signal: caller.signal,
        ...(instruction !== undefined && { instruction }),
        onUsage: (sofar) => onUsage?.((usage = sofar)),
        onQueryTruncated: () => {
          queryTruncated = true;
          onQueryTruncated?.();
        },
        onJudgment: (position, judgment) => onJudgment?.(position, judgment),
      });
      const truncated = (text: string): boolean => maxTextTokens !== undefined && estimateTokens(text) > maxTextTokens;
      return {
        spec,
        modelName: nameOf(request.model),
        judgments: judgments.map((judgment, position) => ({ ...judgment, truncated: truncated(texts[position] ?? "") })),
        usage,
        inputTokens: texts.reduce((sum, text) => sum + estimateTokens(query) + estimateTokens(text), 0),
        cachedCount: 0,
        queryTruncated,
        queueMs: 1,
        inferenceMs: 2,
      };
    },
    async embed(request, caller) {
      check(caller);
      embedded.push({ ...request, ...caller });
      const spec = await locate(request.model, "embedder");
      const texts = request.inputs.map((input) => (typeof input === "string" ? input : input.join(" ")));
      const vectors = await embedder.embedPassages(texts, { signal: caller.signal });
      const embeddings = vectors.map((embedding, position) => {
        const tokens = estimateTokens(texts[position] ?? "") + 2;
        return { ...embedding, truncated: tokens > spec.maxTokens, tokens: Math.min(tokens, spec.maxTokens) };
      });
      const inputTokens = embeddings.reduce((sum, { tokens }) => sum + tokens, 0);
      return { spec, modelName: nameOf(request.model), embeddings, inputTokens, queueMs: 1, inferenceMs: 2 };
    },
    async countTokens(texts) {
      return texts.map((text) => estimateTokens(text));
    },
    async models() {
      const served = (spec: ModelSpec, names: string[]): ServedModel => ({ names, role: spec.role, isDefault: true, state: "loaded", spec, device: "cpu", memoryBytes: 1e8 });
      return [served(embedderSpec, ["mini"]), served(rerankerSpec, ["mini", "rerank-v3.5"])];
    },
    load: () => ({ calls: 0, waitingRequests: 0, waitingTokens: 0, runningTexts: 0, runningTokens: 0, cacheHits: 0, cacheMisses: scored.length, loadedModels: 2, deaths: 0 }),
    async drain() {
      state = "draining";
    },
    async close() {},
  };
}
