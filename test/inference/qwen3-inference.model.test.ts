import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { ModelRole, Qwen3Spec } from "../../src/domain/model-spec.ts";
import type { TokenUsage } from "../../src/domain/token-usage.ts";
import { openEmbedder, openReranker } from "../../src/engine/open-model.ts";
import { compileCheckpoint } from "../../src/engine/qwen3/compile-checkpoint.ts";
import { openQwen3Tokenizer } from "../../src/engine/qwen3/qwen3-tokenizer.ts";
import { type Inference, startInference } from "../../src/inference/inference-client.ts";
import { COMPILED_GRAPH_FILE } from "../../src/ports/model-compiler.ts";
import { variantCheckpoint } from "../support/synthetic-checkpoint.ts";

const QUERY = "how do I remove limescale from a kettle?";
const TEXTS = ["Descale the kettle with citric acid once a month.", "Bananas are yellow.", "水壶每月用柠檬酸除垢一次。"];

let embedder: Qwen3Spec;
let reranker: Qwen3Spec;
let inference: Inference | undefined;

/** A small checkpoint of the family, compiled in fp32: its answers mean nothing, but they are the same each time. */
async function compile(role: ModelRole): Promise<Qwen3Spec> {
  const folder = variantCheckpoint("tied");
  const compiled = join(folder, role);
  mkdirSync(compiled);
  const { dimensions, sizeBytes } = await compileCheckpoint({ role, checkpointFolder: folder, precision: "fp32" }, compiled);
  return {
    family: "qwen3",
    role,
    id: `small-${role}`,
    revision: "test",
    precision: "fp32",
    source: "folder",
    folder,
    graphPath: join(compiled, COMPILED_GRAPH_FILE),
    maxTokens: 512,
    dimensions,
    readsInstruction: true,
    promptSeparator: "\n",
    licence: "Apache-2.0",
    sizeBytes,
    fingerprint: `small-${role}`,
  };
}

beforeAll(async () => {
  embedder = await compile("embedder");
  reranker = await compile("reranker");
});

afterEach(async () => {
  await inference?.close();
  inference = undefined;
});

test("an instruction changes the query's vector, and never a passage's", async () => {
  const engine = await openEmbedder(embedder);
  inference = startInference({ embedder });
  const plain = await inference.embedder.embedQuery(QUERY);
  const instructed = await inference.embedder.embedQuery(QUERY, { instruction: "Find the manual" });
  const [passage] = await inference.embedder.embedPassages([QUERY]);
  expect(plain).toEqual(await engine.embed(QUERY, { use: "query", textNumber: 1 }));
  expect(instructed).toEqual(await engine.embed(QUERY, { use: "query", instruction: "Find the manual", textNumber: 1 }));
  expect(instructed.vector).not.toEqual(plain.vector);
  expect(passage).toEqual(await engine.embed(QUERY, { use: "passage", instruction: "Find the manual", textNumber: 1 }));
});

test("an instruction changes judgments, which are those of the engine", async () => {
  const engine = await openReranker(reranker);
  inference = startInference({ reranker });
  const options = { instruction: "Find the manual" };
  const judgments = await inference.reranker.score(QUERY, TEXTS, options);
  for (const [place, text] of TEXTS.entries()) {
    const { logit } = await engine.judge({ query: QUERY, text, textNumber: 1, ...options });
    expect(judgments[place]?.logit).toBeCloseTo(logit, 5);
  }
  const plain = await inference.reranker.score(QUERY, TEXTS);
  expect(plain.map(({ logit }) => logit)).not.toEqual(judgments.map(({ logit }) => logit));
});

test("instruction and query are computed once for a query, and saved for every further passage", async () => {
  inference = startInference({ reranker });
  const told: TokenUsage[] = [];
  await inference.reranker.score(QUERY, TEXTS, { onUsage: (usage) => told.push(usage) });
  expect(told).toHaveLength(3);
  const saved = told.map(({ savedTokens }) => savedTokens);
  const shared = saved[1] ?? 0;
  expect(shared).toBeGreaterThan(50);
  expect(saved).toEqual([0, shared, 2 * shared]);
  const again: TokenUsage[] = [];
  await inference.reranker.score(QUERY, TEXTS.slice(0, 1), { onUsage: (usage) => again.push(usage) });
  expect(again).toEqual([{ computedTokens: (told[0]?.computedTokens ?? 0) - shared, savedTokens: shared }]);
});

test("a long passage is cut and says so, or is read in windows", async () => {
  const long = `${"Bananas are yellow. ".repeat(200)}${TEXTS[0]}`;
  inference = startInference({ reranker });
  const [cut] = await inference.reranker.score(QUERY, [long]);
  expect(cut?.truncated).toBe(true);
  await inference.close();
  inference = startInference({ reranker, longDocuments: "windows" });
  const [whole] = await inference.reranker.score(QUERY, [long]);
  expect(whole?.truncated).toBe(false);
  expect(whole?.logit).toBeGreaterThanOrEqual((cut?.logit ?? 0) - 1e-4);
  // What is windowed is the text as far as its limit goes.
  const beginning = "Bananas are yellow. Bananas";
  const tokenizer = await openQwen3Tokenizer(reranker.folder);
  const [limited] = await inference.reranker.score(QUERY, [long], { maxTextTokens: tokenizer.count(` ${beginning}`) });
  const [short] = await inference.reranker.score(QUERY, [beginning]);
  expect(limited).toEqual({ ...short, truncated: true });
  expect(await inference.reranker.score(QUERY, [long], { maxTextTokens: 100_000 })).toEqual([whole]);
});

test("a vector comes with the tokens that were read, and ids come back as texts", async () => {
  inference = startInference({ embedder });
  const [kettle] = TEXTS;
  const counts = await inference.embedder.countTokens(TEXTS);
  const embeddings = await inference.embedder.embedPassages(TEXTS);
  expect(embeddings.map(({ tokens }) => tokens)).toEqual(counts.map((count) => count + 1));
  const tokenizer = await openQwen3Tokenizer(embedder.folder);
  const ids = TEXTS.map((text) => Array.from(tokenizer.encode(text)));
  expect(await inference.embedder.decodeTokens?.(ids)).toEqual(TEXTS);
  const query = await inference.embedder.embedQuery(kettle ?? "", { instruction: "Find the manual" });
  expect(query.tokens).toBe(tokenizer.count(`Instruct: Find the manual\nQuery:${kettle}`) + 1);
});

test("a query has its vector before the reranker is there", async () => {
  inference = startInference({ embedder, reranker });
  const order: string[] = [];
  const loaded = inference.loaded("reranker").then(() => order.push("reranker"));
  await inference.embedder.embedQuery(QUERY).then(() => order.push("vector"));
  await loaded;
  expect(order).toEqual(["vector", "reranker"]);
});
