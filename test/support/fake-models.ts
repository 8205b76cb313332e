import type { Judgment } from "../../src/domain/candidate.ts";
import type { LocalSpec, ModelSpec } from "../../src/domain/model-spec.ts";
import { relevanceOf } from "../../src/domain/ranking.ts";
import { addUsage, NO_TOKENS } from "../../src/domain/token-usage.ts";
import type { Embedder } from "../../src/ports/embedder.ts";
import type { Reranker, ScoreOptions } from "../../src/ports/reranker.ts";

const DIMENSIONS = 64;

/** @param readsInstruction as a Qwen3 model does, though the rest is an encoder's. */
export function fakeSpec(role: ModelSpec["role"], id = "fake", readsInstruction = false): LocalSpec {
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
    readsInstruction,
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
  /** The instruction that came with each query. */
  readonly instructions: (string | undefined)[];
}

interface FakeEmbedderOptions {
  readonly onText?: (done: number) => void;
  readonly spec?: ModelSpec;
}

export function createFakeEmbedder({ onText, spec = fakeSpec("embedder") }: FakeEmbedderOptions = {}): FakeEmbedder {
  const embedded: string[] = [];
  const instructions: (string | undefined)[] = [];
  return {
    spec,
    embedded,
    instructions,
    async embedQuery(query, { signal, instruction } = {}) {
      signal?.throwIfAborted();
      instructions.push(instruction);
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
  /** The instruction that came with each query. */
  readonly instructions: (string | undefined)[];
}

/** @param logitOf the logit of a text for a query; @param delayMs time for each text. */
export function createFakeReranker(logitOf: (query: string, text: string) => number, delayMs = 0, spec: ModelSpec = fakeSpec("reranker")): FakeReranker {
  const scored: string[] = [];
  const instructions: (string | undefined)[] = [];
  return {
    spec,
    scored,
    instructions,
    async score(query, texts, { instruction, signal, onJudgment, onUsage, onQueryTruncated }: ScoreOptions = {}) {
      instructions.push(instruction);
      const judgments: Judgment[] = [];
      let usage = NO_TOKENS;
      for (const [position, text] of texts.entries()) {
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        signal?.throwIfAborted();
        scored.push(text);
        const logit = logitOf(query, text);
        const judgment = { logit, relevance: relevanceOf(logit), truncated: false };
        judgments.push(judgment);
        // As a model that keeps the query's words after the first passage.
        const [kept, own] = [wordsOf(query).length, wordsOf(text).length];
        usage = addUsage(usage, position === 0 ? { computedTokens: kept + own, savedTokens: 0 } : { computedTokens: own, savedTokens: kept });
        onUsage?.(usage);
        // Of the query a model reads half of what it reads.
        if (kept > spec.maxTokens / 2) onQueryTruncated?.();
        onJudgment?.(position, judgment);
      }
      return judgments;
    },
  };
}
