import { expect, test } from "vitest";
import { stringifyFinite } from "../../../src/server/http/finite-json.ts";
import { ServiceError } from "../../../src/server/service-error.ts";

test.each([[Number.NaN], [{ a: [1, Number.POSITIVE_INFINITY] }], [[{ b: { c: -Infinity } }]], [new Float32Array([1, Number.NaN])]])("a number that is none is an error, wherever it stands: %j", (answer) => {
  const stringify = () => stringifyFinite(answer);
  expect(stringify).toThrow(ServiceError);
  expect(stringify).toThrow(expect.objectContaining({ kind: "model-failed" }));
});

test("all else is written as JSON.stringify does", () => {
  const answer = { results: [{ index: 0, relevance_score: 0.5, document: null, absent: undefined }], at: new Date(0), text: "a\u2028b" };
  expect(stringifyFinite(answer)).toBe(JSON.stringify(answer));
});
