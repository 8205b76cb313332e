import { expect, test } from "vitest";
import { textsOfLength } from "../../src/pipeline/benchmark-texts.ts";
import { createWordCounter } from "../fakes/word-counter.ts";

const ENGLISH = "Descale the kettle with citric acid once a month and rinse it twice. ".repeat(30);
const CHINESE = "海水之所以是咸的，主要是因为河流把岩石中的矿物质溶解后带入海洋。".repeat(30);

test("texts are about as long as asked for, in either language", async () => {
  const counter = createWordCounter();
  for (const tokens of [64, 256, 512]) {
    const texts = await textsOfLength([ENGLISH, CHINESE], tokens, 4, counter);
    expect(texts).toHaveLength(4);
    for (const count of await counter.countTokens(texts)) expect(Math.abs(count - tokens)).toBeLessThanOrEqual(tokens * 0.05);
    expect(texts[0]).toMatch(/^Descale/);
    expect(texts[1]).toMatch(/^海水/);
  }
});

test("a short document goes on into the next, and all of them once more", async () => {
  const counter = createWordCounter();
  const [text = ""] = await textsOfLength(["red apple", "green pear"], 12, 1, counter);
  expect(text).toMatch(/^red apple\n\ngreen pear/);
  expect((await counter.countTokens([text]))[0]).toBeGreaterThanOrEqual(10);
});

test("no character is cut in two", async () => {
  const texts = await textsOfLength(["🧪🚲".repeat(200)], 33, 1, createWordCounter());
  expect(texts[0]).not.toMatch(/\p{Surrogate}/u);
});
