import type { Judgment } from "../domain/candidate.ts";
import type { LocalSpec } from "../domain/model-spec.ts";
import type { Embedder, Embedding } from "../ports/embedder.ts";
import type { Reranker } from "../ports/reranker.ts";
import type { InferenceLink } from "./inference-link.ts";

/** An instruction belongs to the query: passages' vectors never depend on one. */
export function createEmbedderPort(spec: LocalSpec, link: InferenceLink): Embedder {
  return {
    spec,
    async embedQuery(query, { instruction, signal, onProgress } = {}) {
      const work = { type: "embed", use: "query", instruction } as const;
      const [embedding] = (await link.request(work, [query], { signal })) as Embedding[];
      if (embedding === undefined) throw new Error("the query has no vector");
      onProgress?.(1);
      return embedding;
    },
    async embedPassages(texts, { signal, onProgress } = {}) {
      const onAnswer = (position: number): void => onProgress?.(position + 1);
      return (await link.request({ type: "embed", use: "passage" }, texts, { signal, onAnswer })) as Embedding[];
    },
    async countTokens(texts) {
      return (await link.request({ type: "count" }, texts)) as number[];
    },
    async decodeTokens(ids) {
      return (await link.request({ type: "decode" }, ids)) as string[];
    },
  };
}

export function createRerankerPort(spec: LocalSpec, link: InferenceLink): Reranker {
  return {
    spec,
    async score(query, texts, { instruction, maxTextTokens, signal, onJudgment, onUsage, onQueryTruncated } = {}) {
      const onAnswer = (position: number, answer: unknown): void => onJudgment?.(position, answer as Judgment);
      return (await link.request({ type: "score", query, instruction, maxTextTokens }, texts, { signal, onAnswer, onUsage, onQueryTruncated })) as Judgment[];
    },
  };
}
