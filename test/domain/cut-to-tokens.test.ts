import { describe, expect, test } from "vitest";
import { cutToTokens } from "../../src/domain/cut-to-tokens.ts";
import { estimateTokens } from "../../src/domain/estimate-tokens.ts";

describe("a text that is cut by estimate", () => {
  test("stays whole where it fits, and whatever its length where there is no limit", () => {
    expect(cutToTokens("ten words", 10)).toEqual({ text: "ten words", truncated: false });
    const long = "long ".repeat(100_000);
    expect(cutToTokens(long, Number.POSITIVE_INFINITY)).toEqual({ text: long, truncated: false });
  });

  test.each([["letters", "kettle "], ["Chinese", "水垢"], ["characters of two units", "😀"], ["all of them", "a水😀 "]])("is the longest beginning that fits, of %s", (_, piece) => {
    const whole = piece.repeat(200);
    const { text, truncated } = cutToTokens(whole, 50);
    expect(truncated).toBe(true);
    expect(whole.startsWith(text)).toBe(true);
    expect(text.isWellFormed()).toBe(true);
    expect(estimateTokens(text)).toBeLessThanOrEqual(50);
    expect(estimateTokens(text)).toBeGreaterThan(47);
  });

  test("has no half characters, wherever the cut falls, and where it came with some either", () => {
    for (let limit = 40; limit < 60; limit++) expect(cutToTokens("😀".repeat(200), limit).text).toMatch(/^(😀)+$/u);
    expect(cutToTokens("a".repeat(79) + "😀".repeat(50), 20)).toEqual({ text: "a".repeat(79), truncated: true });
    expect(cutToTokens("a\ud800b", 10)).toEqual({ text: "a\ufffdb", truncated: false });
  });
});
