import { describe, expect, test } from "vitest";
import type { Qwen3Precision } from "../../../src/domain/model-spec.ts";
import { openQwen3Embedder } from "../../../src/engine/qwen3/open-qwen3-embedder.ts";
import { openQwen3Reranker } from "../../../src/engine/qwen3/open-qwen3-reranker.ts";
import { cosine } from "../../../src/engine/qwen3/rounding-quality.ts";
import { compiledModel } from "../../support/compiled-qwen3.ts";
import { readParityFixture, type VariantName } from "../../support/parity-fixture.ts";
import { variantCheckpoint } from "../../support/synthetic-checkpoint.ts";

const { variants } = readParityFixture();
const VARIANTS = ["tied", "untied", "outliers"] as const;
const TOLERANCE = 1e-4;

/** Queries carry their instruction in the fixture: as passages, both kinds are read as they are. */
async function vectorsOf(variant: VariantName, precision: Qwen3Precision, dimensions?: number): Promise<Float32Array[]> {
  const { spec } = await compiledModel(variantCheckpoint(variant), "embedder", precision);
  const embedder = await openQwen3Embedder({ ...spec, dimensions: dimensions ?? spec.dimensions });
  const vectors: Float32Array[] = [];
  for (const { text } of variants[variant].embeddings) vectors.push((await embedder.embed(text, { use: "passage", textNumber: 1 })).vector);
  return vectors;
}

interface Found {
  readonly relevance: number;
  readonly logit: number;
}

async function judgmentsOf(variant: VariantName, precision: Qwen3Precision): Promise<Found[]> {
  const { spec } = await compiledModel(variantCheckpoint(variant), "reranker", precision);
  const reranker = await openQwen3Reranker(spec);
  const found: Found[] = [];
  for (const { query, document } of variants[variant].rerank) found.push(await reranker.judge({ query, text: document, textNumber: 1 }));
  return found;
}

const largestDifference = (left: ArrayLike<number>, right: ArrayLike<number>): number =>
  Math.max(...Array.from(left, (value, place) => Math.abs(value - (right[place] ?? Number.NaN))));

describe.each(VARIANTS)("in fp32, the variant %s", (variant) => {
  const { embeddings, rerank, truncated } = variants[variant];

  test("gives the vectors that Transformers gives, whole and cut to 32 dimensions", async () => {
    const whole = await vectorsOf(variant, "fp32");
    const cut = await vectorsOf(variant, "fp32", 32);
    for (const [place, { text, embedding, embedding_mrl32: first }] of embeddings.entries()) {
      expect(largestDifference(embedding, whole[place] ?? []), text).toBeLessThanOrEqual(TOLERANCE);
      expect(cut[place], text).toHaveLength(32);
      expect(largestDifference(first, cut[place] ?? []), text).toBeLessThanOrEqual(TOLERANCE);
    }
  });

  test("reads queries with the default instruction", async () => {
    const { spec } = await compiledModel(variantCheckpoint(variant), "embedder");
    const embedder = await openQwen3Embedder(spec);
    for (const { text, embedding } of embeddings.filter(({ text }) => text.startsWith("Instruct: "))) {
      const { vector } = await embedder.embed(text.slice(text.indexOf("\nQuery:") + "\nQuery:".length), { use: "query", textNumber: 1 });
      expect(largestDifference(embedding, vector), text).toBeLessThanOrEqual(TOLERANCE);
    }
  });

  test("gives the relevances and the logit differences that Transformers gives", async () => {
    const found = await judgmentsOf(variant, "fp32");
    for (const [place, { query, document, relevance, logit_yes: yes, logit_no: no }] of rerank.entries()) {
      expect(found[place]?.relevance, `${query} | ${document}`).toBeCloseTo(relevance, 4);
      expect(Math.abs((found[place]?.logit ?? Number.NaN) - (yes - no))).toBeLessThanOrEqual(TOLERANCE);
    }
  });

  test("cuts the document where the reference does", async () => {
    const { spec } = await compiledModel(variantCheckpoint(variant), "reranker");
    const reranker = await openQwen3Reranker({ ...spec, maxTokens: truncated.max_tokens });
    const judgment = await reranker.judge({ query: truncated.query, text: truncated.document, textNumber: 1 });
    expect(Math.abs(judgment.relevance - truncated.relevance)).toBeLessThanOrEqual(TOLERANCE);
    expect(judgment).toMatchObject({ truncated: true, queryTruncated: false });
    expect(judgment.computedTokens + judgment.savedTokens).toBe(truncated.max_tokens);
  });
});

describe.each(VARIANTS)("in int8, the variant %s", (variant) => {
  const { embeddings, rerank } = variants[variant];

  test("keeps to a cosine of 0.999 on texts that no calibration has seen", async () => {
    expect((await compiledModel(variantCheckpoint(variant), "embedder", "int8")).report.precision).toBe("int8");
    const vectors = await vectorsOf(variant, "int8");
    for (const [place, { text, embedding }] of embeddings.entries()) expect(cosine(embedding, vectors[place] ?? []), text).toBeGreaterThanOrEqual(0.999);
  });

  test("keeps to a hundredth of relevance on pairs that no calibration has seen", async () => {
    expect((await compiledModel(variantCheckpoint(variant), "reranker", "int8")).report.precision).toBe("int8");
    const found = await judgmentsOf(variant, "int8");
    const differences = rerank.map(({ relevance }, place) => Math.abs(relevance - (found[place]?.relevance ?? Number.NaN)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(0.01);
  });
});

describe.each(VARIANTS)("in int4, the variant %s", (variant) => {
  const { embeddings, rerank } = variants[variant];

  test("is rough, but puts texts far apart on the right side", async () => {
    const vectors = await vectorsOf(variant, "int4");
    for (const [place, { text, embedding }] of embeddings.entries()) expect(cosine(embedding, vectors[place] ?? []), text).toBeGreaterThan(0.9);
    const near = (left: number, right: number) => ({
      exact: cosine(embeddings[left]?.embedding ?? [], embeddings[right]?.embedding ?? []),
      rounded: cosine(vectors[left] ?? [], vectors[right] ?? []),
    });
    let compared = 0;
    for (let text = 0; text < embeddings.length; text++) {
      const others = embeddings.map((_, other) => near(text, other)).filter((_, other) => other !== text);
      for (const first of others) {
        for (const second of others) {
          if (first.exact - second.exact < 0.4) continue;
          compared += 1;
          expect(first.rounded).toBeGreaterThan(second.rounded);
        }
      }
    }
    expect(compared).toBeGreaterThan(0);
  });

  test("gives logits that are numbers, and in order where they are far apart", async () => {
    const found = await judgmentsOf(variant, "int4");
    const exact = rerank.map(({ logit_yes: yes, logit_no: no }) => yes - no);
    for (const { logit, relevance } of found) expect([Number.isFinite(logit), relevance > 0, relevance < 1]).toEqual([true, true, true]);
    for (const [first, high] of exact.entries()) {
      for (const [second, low] of exact.entries()) {
        if (high - low > 2.5) expect(found[first]?.logit).toBeGreaterThan(found[second]?.logit ?? Number.NaN);
      }
    }
  });
});
