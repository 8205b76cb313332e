import { describe, expect, test } from "vitest";
import { BadAnswer } from "../../../src/adapters/remote/embed-dialect.ts";
import { readVector } from "../../../src/adapters/remote/embed-vectors.ts";
import { packed } from "./embed-server.ts";

describe("a vector of an answer", () => {
  test("has unit length, whatever length it came with, packed or not", () => {
    expect([...readVector([3, -4], 0, 2)]).toEqual([Math.fround(0.6), Math.fround(-0.8)]);
    expect([...readVector(packed([30, -40]), 0, 2)]).toEqual([Math.fround(0.6), Math.fround(-0.8)]);
    expect([...readVector([1e-30, 0], 0, undefined)]).toEqual([1, 0]);
    expect([...readVector([1e150, 1e150], 0, 2)]).toEqual([Math.SQRT1_2, Math.SQRT1_2].map(Math.fround));
  });

  test.each([
    ["numbers as strings", ["3", "4"], "no number"],
    ["null among numbers", [3, null], "no number"],
    ["a hole", Object.assign([3], { length: 2 }), "no number"],
    ["infinity", [1, Number.POSITIVE_INFINITY], "not finite"],
    ["NaN", [1, Number.NaN], "not finite"],
    ["NaN that was packed", packed([1, Number.NaN]), "not finite"],
    ["zeros", [0, 0], "all zeros"],
    ["zeros that were packed", packed([0, 0]), "all zeros"],
    ["too few numbers", [1], "has 1 numbers, not 2"],
    ["too many numbers", packed([1, 2, 3]), "has 3 numbers, not 2"],
    ["no numbers", [], "is empty"],
    ["an empty string", "", "is empty"],
    ["base64 of bytes that make no floats", Buffer.from([1, 2, 3, 4, 5]).toString("base64"), "no base64"],
    ["base64 that is cut", `${packed([1, 2])}A`, "no base64"],
    ["text", "hello, world", "no base64"],
    ["base64 with something else between", packed([1, 2]).replace(/^..../, "$&****"), "no base64"],
    ["an object", { 0: 1, 1: 2 }, "no list"],
    ["nothing", undefined, "no list"],
    ["lists in a list", [[1, 2]], "no number"],
  ])("is refused when it is %s", (_, raw, reason) => {
    expect(() => readVector(raw, 3, 2)).toThrow(BadAnswer);
    expect(() => readVector(raw, 3, 2)).toThrow(reason);
    expect(() => readVector(raw, 3, 2)).toThrow("vector 3");
  });
});
