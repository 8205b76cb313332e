import type { Judgment } from "../../src/domain/candidate.ts";
import type { ModelSpec } from "../../src/domain/model-spec.ts";
import { relevanceOf } from "../../src/domain/ranking.ts";
import type { Embedder } from "../../src/ports/embedder.ts";
import type { Reranker, ScoreOptions } from "../../src/ports/reranker.ts";

const DIMENSIONS = 64;

export function fakeSpec(role: ModelSpec["role"], id = "fake"): ModelSpec {
  return {
    role,
    family: "encoder",
    id,
    revision: "1",
    precision: "fp32",
    source: "folder",
    folder: "/nowhere",
    graphPath: "/nowhere/model.onnx",
    maxTokens: 512,
    queryPrefix: "",
    passagePrefix: "",
    pooling: "none",
    dimensions: role === "embedder" ? DIMENSIONS : 0,
    output: "embedding",
    readsInstruction: false,
    licence: "MIT",
    sizeBytes: 0,
    fingerprint: `${id}-${role}`,
  };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** A bag of hashed words: texts that share words are near each other. */
function vectorOf(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  for (const word of wordsOf(text)) {
    let hash = 7;
    for (const character of word) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
    vector[hash % DIMENSIONS] = (vector[hash % DIMENSIONS] ?? 0) + 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

export interface FakeEmbedder extends Embedder {
  /** Every text that was embedded as a passage, in order. */
  readonly embedded: string[];
}

export function createFakeEmbedder({ onText }: { readonly onText?: (done: number) => void } = {}): FakeEmbedder {
  const embedded: string[] = [];
  return {
    spec: fakeSpec("embedder"),
    embedded,
    async embedQuery(query, { signal } = {}) {
      signal?.throwIfAborted();
      return { vector: vectorOf(query), truncated: false };
    },
    async embedPassages(texts, { signal } = {}) {
      return texts.map((text) => {
        signal?.throwIfAborted();
        embedded.push(text);
        onText?.(embedded.length);
        return { vector: vectorOf(text), truncated: false };
      });
    },
    async countTokens(texts) {
      return texts.map((text) => wordsOf(text).length);
    },
  };
}

export interface FakeReranker extends Reranker {
  /** Every text that was scored, in order. */
  readonly scored: string[];
}

/** @param logitOf the logit of a text for a query; @param delayMs time for each text. */
export function createFakeReranker(logitOf: (query: string, text: string) => number, delayMs = 0): FakeReranker {
  const scored: string[] = [];
  return {
    spec: fakeSpec("reranker"),
    scored,
    async score(query, texts, { signal, onJudgment }: ScoreOptions = {}) {
      const judgments: Judgment[] = [];
      for (const [position, text] of texts.entries()) {
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        signal?.throwIfAborted();
        scored.push(text);
        const logit = logitOf(query, text);
        const judgment = { logit, relevance: relevanceOf(logit), truncated: false };
        judgments.push(judgment);
        onJudgment?.(position, judgment);
      }
      return judgments;
    },
  };
}
