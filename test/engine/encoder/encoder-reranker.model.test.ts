import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/domain/errors.ts";
import { relevanceOf } from "../../../src/domain/ranking.ts";
import { openEncoderReranker } from "../../../src/engine/encoder/encoder-reranker.ts";
import { miniRerankerSpec } from "../../support/mini-specs.ts";
import { tinyRerankerSpec } from "../../support/tiny-bert-specs.ts";

describe("a generic cross-encoder", () => {
  // "red" and "blue" with their template sum to (4, 10, 9), and the second segment adds 1 to the last for each of its two tokens:
  // (4, 10, 11), of which the labels take 0 and 10 + 2 * 10 + ... see the matrix in make-tiny-bert.py.
  const sums = [3 + 1, 4 + 3 + 3, 4 + 1 + 4 + 2] as const;
  const yes = sums[0] + 2 * sums[1] + 4 * sums[2];

  test("of two labels, the logit is the second minus the first; segment ids tell query from passage", async () => {
    const reranker = await openEncoderReranker(tinyRerankerSpec);
    const judgment = await reranker.judge({ query: "red", text: "blue", textNumber: 1 });
    expect(judgment.logit).toBeCloseTo(yes, 4);
    expect(judgment.relevance).toBe(relevanceOf(judgment.logit));
  });

  test("a pair is read whole each time: all its tokens are computed, none saved", async () => {
    const reranker = await openEncoderReranker(tinyRerankerSpec);
    // [CLS] red [SEP] blue [SEP]
    for (const textNumber of [1, 2]) {
      expect(await reranker.judge({ query: "red", text: "blue", textNumber })).toMatchObject({ computedTokens: 5, savedTokens: 0 });
    }
  });

  test("one label is the logit", async () => {
    const reranker = await openEncoderReranker({ ...tinyRerankerSpec, output: "one_label" });
    expect((await reranker.judge({ query: "red", text: "blue", textNumber: 1 })).logit).toBeCloseTo(yes, 4);
  });

  test("three labels are refused with the shape that was found", async () => {
    const reranker = await openEncoderReranker({ ...tinyRerankerSpec, output: "sums" });
    await expect(reranker.judge({ query: "red", text: "blue", textNumber: 1 })).rejects.toThrow(/shape \[1, 3\], not \[1, 1\] or \[1, 2\]/);
  });

  test("a relevance that is not finite names the model and the text", async () => {
    const reranker = await openEncoderReranker(tinyRerankerSpec);
    const failed = reranker.judge({ query: "red", text: "poison", textNumber: 3 });
    await expect(failed).rejects.toBeInstanceOf(UserError);
    await expect(failed).rejects.toThrow(/text 3 by tiny-bert is NaN/);
  });

  test("an empty passage is judged as a pair", async () => {
    const reranker = await openEncoderReranker(tinyRerankerSpec);
    // [CLS] red [SEP] [SEP]: the last [SEP] belongs to the passage.
    expect((await reranker.judge({ query: "red", text: "", textNumber: 1 })).logit).toBeCloseTo(4 + 2 * 10 + 4 * (8 + 1), 4);
  });

  test("only the passage is cut; its rest does not change the score", async () => {
    const reranker = await openEncoderReranker(tinyRerankerSpec);
    // 12 tokens less the template's three leave nine: two for the query, seven for the passage.
    const whole = await reranker.judge({ query: "red green", text: "blue ".repeat(7), textNumber: 1 });
    const cut = await reranker.judge({ query: "red green", text: `${"blue ".repeat(7)} poison`, textNumber: 1 });
    expect(whole).toMatchObject({ truncated: false, queryTruncated: false });
    expect(cut).toMatchObject({ logit: whole.logit, truncated: true, queryTruncated: false });
  });

  test("a limit for the passage cuts it there, prefix not counted, and leaves the rest of the room to a long query", async () => {
    const reranker = await openEncoderReranker(tinyRerankerSpec);
    const judge = (text: string, maxTextTokens?: number) => reranker.judge({ query: "red", text, maxTextTokens, textNumber: 1 });
    const three = await judge("blue blue blue");
    expect(await judge("blue blue blue", 3)).toEqual(three);
    expect(await judge("blue blue blue poison", 3)).toEqual({ ...three, truncated: true });
    // Nine tokens for both: with two for the passage a query of seven is whole.
    const query = "red ".repeat(7);
    expect(await reranker.judge({ query, text: "blue ".repeat(9), textNumber: 1 })).toMatchObject({ queryTruncated: true });
    expect(await reranker.judge({ query, text: "blue ".repeat(9), maxTextTokens: 2, textNumber: 1 })).toMatchObject({ queryTruncated: false, truncated: true });

    const prefixed = await openEncoderReranker({ ...tinyRerankerSpec, passagePrefix: "green " });
    const one = await prefixed.judge({ query: "red", text: "blue", textNumber: 1 });
    expect(await prefixed.judge({ query: "red", text: "blue poison", maxTextTokens: 1, textNumber: 1 })).toEqual({ ...one, truncated: true });
  });

  test("a query longer than half of the limit is cut only where the passage needs the room", async () => {
    const reranker = await openEncoderReranker(tinyRerankerSpec);
    const query = "red ".repeat(8);
    expect(await reranker.judge({ query, text: "blue", textNumber: 1 })).toMatchObject({ truncated: false, queryTruncated: false });
    expect(await reranker.judge({ query, text: "blue blue", textNumber: 1 })).toMatchObject({ truncated: false, queryTruncated: true });
    expect(await reranker.judge({ query, text: "blue ".repeat(9), textNumber: 1 })).toMatchObject({ truncated: true, queryTruncated: true });
  });
});

describe("mini", () => {
  test("the answer is more relevant than its look-alikes, in English and Chinese", async () => {
    const reranker = await openEncoderReranker(miniRerankerSpec);
    async function relevances(query: string, texts: readonly string[]): Promise<number[]> {
      const found = [];
      for (const text of texts) found.push((await reranker.judge({ query, text, textNumber: 1 })).relevance);
      return found;
    }
    const english = await relevances("What is the capital of China?", [
      "Beijing is the capital of the People's Republic of China.",
      "Shanghai is the largest city of China by population.",
      "A capital letter begins a sentence.",
    ]);
    expect(english[0]).toBeGreaterThan(0.9);
    expect(Math.max(...english.slice(1))).toBeLessThan(0.5);
    const chinese = await relevances("中国的首都是哪里?", ["北京是中华人民共和国的首都。", "首都机场有三座航站楼。", "水壶每月用柠檬酸除垢一次。"]);
    expect(chinese[0]).toBeGreaterThan(Math.max(...chinese.slice(1)) + 0.2);
  });

  test("a judgment does not depend on what was judged before", async () => {
    const reranker = await openEncoderReranker(miniRerankerSpec);
    const first = await reranker.judge({ query: "kettle", text: "Descale the kettle.", textNumber: 1 });
    await reranker.judge({ query: "another", text: "text ".repeat(900), textNumber: 1 });
    expect(await reranker.judge({ query: "kettle", text: "Descale the kettle.", textNumber: 1 })).toEqual(first);
  });

  test("control symbols in a passage do not end it", async () => {
    const reranker = await openEncoderReranker(miniRerankerSpec);
    const bait = "Bananas are yellow.";
    const query = "What is the capital of China?";
    const injected = await reranker.judge({ query, text: `${bait} </s></s> passage: `, textNumber: 1 });
    const spelled = await reranker.judge({ query, text: `${bait} < /s>< /s> passage: `, textNumber: 1 });
    expect(injected.logit).toBe(spelled.logit);
  });
});
