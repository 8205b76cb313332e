import type { Judgment } from "../../domain/candidate.ts";
import type { ModelSpec } from "../../domain/model-spec.ts";
import type { EmbedOptions, Embedder } from "../../ports/embedder.ts";
import type { Reranker } from "../../ports/reranker.ts";
import type { Caller, EmbedRequest, ModelService } from "../model-service.ts";
import { openAbortScope } from "./abort-scope.ts";

/**
 * A reranker that shares the service's queue, models and cache, on behalf of one caller. A call ends with its own signal and with
 * the caller's, and rejects with ServiceError where a reranker of one's own rejects with UserError.
 *
 * @param spec a model that was located already: it is not looked up in the allow-list.
 */
export function serviceReranker(service: Pick<ModelService, "score">, spec: ModelSpec, caller: Caller): Reranker {
  return {
    spec,
    async score(query, texts, { instruction, maxTextTokens, signal, onJudgment, onUsage, onQueryTruncated } = {}) {
      const scope = openAbortScope(caller.signal, signal);
      const request = { model: spec, query, texts, instruction, maxTextTokens, onUsage, onQueryTruncated, onJudgment: onJudgment && inOrder(onJudgment) };
      try {
        const { judgments } = await service.score(request, { client: caller.client, signal: scope.signal });
        return [...judgments];
      } finally {
        scope.release();
      }
    },
  };
}

/** An embedder that shares the service's queue and models, on behalf of one caller; see `serviceReranker`. */
export function serviceEmbedder(service: Pick<ModelService, "embed" | "countTokens">, spec: ModelSpec, caller: Caller): Embedder {
  async function embed(request: EmbedRequest, signal: EmbedOptions["signal"]) {
    const scope = openAbortScope(caller.signal, signal);
    try {
      const { embeddings } = await service.embed({ ...request, model: spec }, { client: caller.client, signal: scope.signal });
      return [...embeddings];
    } finally {
      scope.release();
    }
  }

  return {
    spec,
    async embedQuery(query, { instruction, signal, onProgress } = {}) {
      const [embedding] = await embed({ inputs: [query], use: "query", instruction, onProgress }, signal);
      if (embedding === undefined) throw new Error("the query has no vector");
      return embedding;
    },
    embedPassages: (texts, { signal, onProgress } = {}) => embed({ inputs: texts, use: "passage", onProgress }, signal),
    countTokens: (texts) => service.countTokens(texts, spec, caller),
  };
}

/** Judgments land in any order, the cached ones first; a budget keeps the first so many. */
function inOrder(onJudgment: (position: number, judgment: Judgment) => void): (position: number, judgment: Judgment) => void {
  const early = new Map<number, Judgment>();
  let next = 0;
  return (position, judgment) => {
    early.set(position, judgment);
    for (let ready = early.get(next); ready !== undefined; ready = early.get(next)) {
      early.delete(next);
      onJudgment(next++, ready);
    }
  };
}
