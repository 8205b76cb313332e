import { describe, expect, test } from "vitest";
import { weighSentences } from "../../src/pipeline/weigh-sentences.ts";
import { createFakeReranker } from "../support/fake-models.ts";

const TEXT = "Kettles are old. Vinegar removes limescale. It smells. 用柠檬酸也可以。";
const passage = { headings: ["Kitchen", "Kettle"], text: TEXT };
const aboutVinegar = createFakeReranker((_query, text) => (text.includes("Vinegar") ? 4 : -2) + (text.includes("smells") ? -1 : 0));

describe("weighSentences", () => {
  test("gives each sentence what the passage loses without it", async () => {
    const weights = await weighSentences("limescale", passage, aboutVinegar);
    expect(weights.map(({ start, end, weight }) => [TEXT.slice(start, end), weight])).toEqual([
      ["Kettles are old.", 0],
      ["Vinegar removes limescale.", 6],
      ["It smells.", -1],
      ["用柠檬酸也可以。", 0],
    ]);
  });

  test("keeps the headings and the rest of the passage around what is left out", async () => {
    const reranker = createFakeReranker(() => 0);
    await weighSentences("limescale", passage, reranker);
    expect(reranker.scored).toHaveLength(5);
    expect(reranker.scored[2]).toBe("Kitchen > Kettle\nKettles are old. It smells. 用柠檬酸也可以。");
  });

  test("tells nothing apart in a passage of one sentence, and judges nothing", async () => {
    const reranker = createFakeReranker(() => 0);
    expect(await weighSentences("limescale", { headings: [], text: "Vinegar removes limescale." }, reranker)).toEqual([]);
    expect(reranker.scored).toEqual([]);
  });

  test("weighs neighbours together where there are many sentences", async () => {
    const text = Array.from({ length: 100 }, (_, position) => `Sentence number ${position} stands here.`).join(" ");
    const weights = await weighSentences("limescale", { headings: [], text }, createFakeReranker(() => 0));
    expect(weights.length).toBeLessThanOrEqual(24);
    expect(weights[0]?.start).toBe(0);
    expect(weights.at(-1)?.end).toBe(text.length);
    for (const [place, { start }] of weights.entries()) if (place > 0) expect(start).toBeGreaterThanOrEqual(weights[place - 1]!.end);
  });

  test("stops when aborted", async () => {
    const stop = AbortSignal.abort(new Error("another passage"));
    await expect(weighSentences("limescale", passage, aboutVinegar, { signal: stop })).rejects.toThrow("another passage");
  });
});
