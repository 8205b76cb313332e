import { describe, expect, test } from "vitest";
import { parseVariants } from "../../src/cli/eval-variants.ts";
import { userErrorOf } from "../support/user-error-of.ts";

const flagsOf = (text: string) => parseVariants([text, "other"])[0]?.flags;

describe("a variant of --compare", () => {
  test.each([
    ["mini", { models: "mini" }],
    ["qwen3-0.6b:int4", { models: "qwen3-0.6b:int4" }],
    ["e5-base+mini", { models: "e5-base+mini" }],
    ["./my-model", { models: "./my-model" }],
    ["candidates=20", { candidates: "20" }],
    ["mini,candidates=20", { models: "mini", candidates: "20" }],
    ["hybrid, candidates = 20", { hybrid: true, candidates: "20" }],
    ["no-hybrid", { hybrid: false }],
    ["no-rerank", { rerank: false }],
    ["rerank", { rerank: true }],
    ["passage-tokens=128", { passageTokens: "128" }],
    ["passageTokens=128", { passageTokens: "128" }],
    ["dimensions=256,precision=int8", { dimensions: "256", precision: "int8" }],
    ["instruct=Given a question, find the law, then answer,hybrid", { instruct: "Given a question, find the law, then answer", hybrid: true }],
    ["instruct=a=b, candidates=5", { instruct: "a=b", candidates: "5" }],
  ])("%s", (text, flags) => {
    expect(flagsOf(text)).toEqual(flags);
  });

  test("alone is compared with the settings as they are", () => {
    expect(parseVariants(["candidates=20"])).toEqual([
      { label: "as set", flags: {} },
      { label: "candidates=20", flags: { candidates: "20" } },
    ]);
  });

  test("of a misspelt setting is refused, with the setting that was probably meant", () => {
    const error = userErrorOf(() => parseVariants(["candidate=20", "mini"]));
    expect(error).toMatchObject({ message: expect.stringContaining('"candidate"'), hint: "did you mean candidates=...?" });
  });

  test("of a setting that an evaluation does not have is refused", () => {
    expect(userErrorOf(() => parseVariants(["limit=20", "mini"])).message).toContain('"limit"');
    expect(userErrorOf(() => parseVariants(["index=./x", "mini"])).message).toContain('"index"');
  });

  test("without the setting's value, or cut off, is refused", () => {
    expect(userErrorOf(() => parseVariants(["candidates", "mini"])).hint).toBe("write it as candidates=...");
    expect(userErrorOf(() => parseVariants(["", "mini"])).message).toContain("not complete");
    expect(userErrorOf(() => parseVariants(["mini,", "mini"])).message).toContain("not complete");
  });

  test("that stands there twice is refused", () => {
    expect(userErrorOf(() => parseVariants(["mini", "mini "])).message).toContain("twice");
  });
});
