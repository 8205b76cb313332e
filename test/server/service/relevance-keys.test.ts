import fc from "fast-check";
import { expect, test } from "vitest";
import { relevanceKeys } from "../../../src/server/service/relevance-keys.ts";

const part = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom("1:a", "", "absent:", "\ud800", "\udc00", "é", "e\u0301"));
const parts = fc.record({
  fingerprint: part,
  scope: part,
  query: part,
  text: part,
  instruction: fc.option(part, { nil: undefined }),
  maxTextTokens: fc.option(fc.nat(30), { nil: undefined }),
});
type Parts = typeof parts extends fc.Arbitrary<infer P> ? P : never;

function keyOf({ fingerprint, scope, text, ...request }: Parts): string {
  return relevanceKeys({ fingerprint, readsInstruction: true }, scope, request)(text);
}

test("keys are equal when all that decides a relevance is, and never else", () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other);
      expect(keyOf(one) === keyOf({ ...other })).toBe(same);
      expect(keyOf(one)).toBe(keyOf({ ...one }));
    }),
    { numRuns: 1000 },
  );
});

test("letters that move from one part to the next make another key", () => {
  const base = { fingerprint: "f", scope: "s", query: "ab", text: "c", instruction: undefined, maxTextTokens: undefined };
  expect(keyOf(base)).not.toBe(keyOf({ ...base, query: "a", text: "bc" }));
  expect(keyOf(base)).not.toBe(keyOf({ ...base, fingerprint: "fs", scope: "" }));
});

test("halves of characters that lost the other one stay different", () => {
  const base = { fingerprint: "f", scope: "", query: "q", instruction: undefined, maxTextTokens: undefined };
  expect(keyOf({ ...base, text: "\ud83d" })).not.toBe(keyOf({ ...base, text: "\ud83e" }));
});

test("an instruction is no part of it where the model reads none", () => {
  const key = (instruction: string | undefined, readsInstruction: boolean): string => relevanceKeys({ fingerprint: "f", readsInstruction }, "", { query: "q", instruction })("t");
  expect(key("one", false)).toBe(key(undefined, false));
  expect(key("one", true)).not.toBe(key(undefined, true));
  expect(key("", true)).not.toBe(key(undefined, true));
});
