import fc from "fast-check";
import { expect, test } from "vitest";
import { estimateTokens } from "../../src/domain/estimate-tokens.ts";

test.each([
  ["", 0],
  ["four", 1],
  ["fours", 2],
  ["北京是首都", 5],
  ["水 boils", 1 + 2],
  ["한국어", 3],
  ["ｆｕｌｌ", 4],
  // Of a pair, one half is a token, and the other one a quarter of one.
  ["🍣", 1 + 1],
  ["\ud83c", 1],
  ["\udf63\ud83c", 1],
  ["\ud83c水", 1 + 1],
])("%j has about %d tokens", (text, tokens) => {
  expect(estimateTokens(text)).toBe(tokens);
});

test("any text is counted as its dense letters, and a quarter of the others", () => {
  const dense = /[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef]|[\ud800-\udbff][\udc00-\udfff]/g;
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)));
  fc.assert(
    fc.property(text, (sample) => {
      const count = sample.match(dense)?.length ?? 0;
      expect(estimateTokens(sample)).toBe(count + Math.ceil((sample.length - count) / 4));
    }),
    { numRuns: 500, seed: 1 },
  );
});
