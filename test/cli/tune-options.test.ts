import { describe, expect, test } from "vitest";
import { tuneWishes } from "../../src/cli/tune-options.ts";
import { userErrorOf } from "../support/user-error-of.ts";

describe("tuneWishes", () => {
  test("has defaults for everything but how many queries", () => {
    expect(tuneWishes({}, [])).toEqual({ from: undefined, queryCount: undefined, seed: 7, maxCandidates: 200, keep: 0.95, write: undefined, json: false });
  });

  test("reads what was given", () => {
    const flags = { from: "-", queries: "3", seed: "0", maxCandidates: "1", keep: "1", write: true, project: true, json: true };
    expect(tuneWishes(flags, [])).toEqual({ from: "-", queryCount: 3, seed: 0, maxCandidates: 1, keep: 1, write: "project", json: true });
    expect(tuneWishes({ write: true }, ["query"]).write).toBe("user");
  });

  test.each([
    [{ keep: "0" }, '--keep is "0", but must be a number from 0.01 to 1'],
    [{ keep: "1.1" }, '--keep is "1.1", but must be a number from 0.01 to 1'],
    [{ keep: "95%" }, '--keep is "95%"'],
    [{ keep: "NaN" }, '--keep is "NaN"'],
    [{ maxCandidates: "0" }, '--max-candidates is "0", but must be a whole number from 1'],
    [{ maxCandidates: "2.5" }, '--max-candidates is "2.5"'],
    [{ queries: "0" }, '--queries is "0"'],
    [{ seed: "-1" }, '--seed is "-1"'],
    [{ project: true }, "--project says where --write writes"],
  ])("refuses %j", (flags, message) => {
    const error = userErrorOf(() => tuneWishes(flags, []));
    expect(error.message).toContain(message);
    expect(error.hint).toBeTruthy();
  });

  test("queries come from one place", () => {
    expect(userErrorOf(() => tuneWishes({ from: "q.txt" }, ["query"])).message).toContain("both as arguments and with --from");
  });
});
