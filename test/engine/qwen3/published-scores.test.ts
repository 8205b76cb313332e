import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Qwen3Spec } from "../../../src/domain/model-spec.ts";
import type { DecoderSession } from "../../../src/engine/qwen3/decoder-session.ts";
import { publishedComparisons } from "../../../src/engine/qwen3/published-scores.ts";
import { openQwen3Tokenizer, type Qwen3Tokenizer } from "../../../src/engine/qwen3/qwen3-tokenizer.ts";
import { compiledSpec } from "../../support/compiled-qwen3.ts";
import { compileReport } from "../../support/qwen3-folders.ts";
import { QWEN3_TOKENIZER_FOLDER } from "../../support/synthetic-checkpoint.ts";
import { tempFolder, writeFiles } from "../../support/temp-folder.ts";

let tokenizer: Qwen3Tokenizer;
let folder: string;

beforeAll(async () => {
  tokenizer = await openQwen3Tokenizer(QWEN3_TOKENIZER_FOLDER);
});
beforeEach(() => {
  folder = tempFolder();
  const config = { architectures: ["Qwen3ForCausalLM"], model_type: "qwen3", hidden_act: "silu", hidden_size: 1024, num_hidden_layers: 28, intermediate_size: 3072, num_attention_heads: 16, num_key_value_heads: 8, head_dim: 128, vocab_size: 151_669, rope_theta: 1e6, rms_norm_eps: 1e-6, tie_word_embeddings: true, max_position_embeddings: 32_768 };
  writeFiles(folder, { "config.json": JSON.stringify(config) });
});

function specOf(role: Qwen3Spec["role"], more: Partial<Qwen3Spec>): Qwen3Spec {
  return compiledSpec(folder, join(folder, "compiled"), compileReport({ role, precision: "fp32" }), { source: "hub-cache", ...more });
}

/** Answers in turn, and keeps the prompts. */
function sessionOf(answers: readonly (readonly number[])[]): DecoderSession & { readonly prompts: string[] } {
  const prompts: string[] = [];
  const empty = { length: 0, tensors: {} };
  return {
    prompts,
    empty,
    extend: async () => empty,
    async run(ids) {
      prompts.push([...ids].join());
      return Float32Array.from(answers[(prompts.length - 1) % answers.length] ?? []);
    },
  };
}

const logitOf = (relevance: number): number => Math.log(relevance / (1 - relevance));

describe("the published values of a model", () => {
  test.each(["qwen3-reranker-0.6b:fp32", "Qwen/Qwen3-Reranker-0.6B", "qwen/qwen3-reranker-0.6b:int8"])("are compared with what %s answers", async (id) => {
    const session = sessionOf([[logitOf(0.9994)], [logitOf(0.95)], [logitOf(0.002)]]);
    const comparisons = await publishedComparisons(specOf("reranker", { id }), tokenizer, session);
    expect(comparisons.map(({ expected, passed }) => ({ expected, passed }))).toEqual([
      { expected: 0.9995, passed: true },
      { expected: 0.9972, passed: false },
      { expected: 0.00103, passed: true },
    ]);
    expect(comparisons[1]?.text).toMatch(/^published: Explain gravity \| Gravity is a force/);
    expect(comparisons[1]?.found).toBeCloseTo(0.95, 6);
  });

  test("are cosines for embedders", async () => {
    // Of the first query and its two documents, then of the second one.
    const comparisons = await publishedComparisons(specOf("embedder", { id: "qwen3-embedding-0.6b" }), tokenizer, sessionOf([[1, 0], [0.7646, 0.6445], [0, 1]]));
    expect(comparisons.map(({ passed }) => passed)).toEqual([true, false, false, false]);
  });

  test("belong to the model card's prompt, whichever separator is in use", async () => {
    const sessions = (["\n", "\n\n"] as const).map((promptSeparator) => ({ promptSeparator, session: sessionOf([[0]]) }));
    for (const { promptSeparator, session } of sessions) await publishedComparisons(specOf("reranker", { id: "qwen3-reranker-0.6b", promptSeparator }), tokenizer, session);
    expect(sessions[0]?.session.prompts).toHaveLength(3);
    expect(sessions[1]?.session.prompts).toEqual(sessions[0]?.session.prompts);
  });

  test.each([
    ["a folder of that name", { id: "/models/qwen3-reranker-0.6b", source: "folder" }],
    ["somebody else's repository", { id: "acme/qwen3-reranker-0.6b" }],
    ["a size without published values", { id: "qwen3-reranker-4b" }],
    ["another shape under the official name", { id: "Qwen/Qwen3-Embedding-4B" }],
  ] as [string, Partial<Qwen3Spec>][])("are not those of %s", async (_what, more) => {
    expect(await publishedComparisons(specOf("reranker", more), tokenizer, sessionOf([[0]]))).toEqual([]);
  });
});
