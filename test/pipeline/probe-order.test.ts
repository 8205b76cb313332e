import { expect, test } from "vitest";
import { probeOrder } from "../../src/pipeline/probe-order.ts";
import { createFakeEmbedder, createFakeReranker } from "../support/fake-models.ts";

test("a model that puts every right passage first is in order, with the margin of each query", async () => {
  const reranker = createFakeReranker((_, text) => (/vinegar|Canberra|chlorophyll|白醋|北京/.test(text) ? 3 : -1));
  const { reranker: order, embedder } = await probeOrder({ reranker });
  expect(embedder).toBeUndefined();
  expect(order).toMatchObject({ isOrdered: true, leastMargin: 4 });
  expect(order?.answers.map(({ language, margin }) => [language, margin])).toEqual([["en", 4], ["en", 4], ["en", 4], ["zh", 4], ["zh", 4]]);
});

test("one wrong passage before a right one is out of order, and its margin says by how much", async () => {
  const reranker = createFakeReranker((_, text) => {
    if (text.includes("Sydney")) return 2;
    return /vinegar|Canberra|chlorophyll|白醋|北京/.test(text) ? 1 : 0;
  });
  const { reranker: order } = await probeOrder({ reranker });
  expect(order).toMatchObject({ isOrdered: false, leastMargin: -1 });
  expect(order?.answers.filter(({ margin }) => margin <= 0).map(({ query }) => query)).toEqual(["what is the capital of Australia"]);
});

test("judging all alike is no order, nor is the order of the request", async () => {
  expect((await probeOrder({ reranker: createFakeReranker(() => 1) })).reranker).toMatchObject({ isOrdered: false, leastMargin: 0 });
  let asked = 0;
  const falling = createFakeReranker(() => -asked++);
  expect((await probeOrder({ reranker: falling })).reranker?.isOrdered).toBe(false);
});

test("an embedder to which Chinese is a single word is told apart by the Chinese queries", async () => {
  const { embedder } = await probeOrder({ embedder: createFakeEmbedder() });
  expect(embedder?.isOrdered).toBe(false);
  expect(embedder?.answers.filter(({ language }) => language === "zh").map(({ margin }) => margin)).toEqual([0, 0]);
  expect(embedder?.answers[1]?.margin).toBeGreaterThan(0);
});

test("an embedder is asked for all passages at once, without an instruction", async () => {
  const embedder = createFakeEmbedder();
  await probeOrder({ embedder });
  expect(embedder.embedded).toHaveLength(15);
  expect(embedder.instructions).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

test("aborting ends it with the signal's reason", async () => {
  const reason = new Error("enough");
  await expect(probeOrder({ embedder: createFakeEmbedder(), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(probeOrder({ reranker: createFakeReranker(() => 1), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
