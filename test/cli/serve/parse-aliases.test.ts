import { expect, test } from "vitest";
import { parseAliases } from "../../../src/cli/serve/parse-aliases.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

test("an alias is a name, an equals sign and a model, which may have more of them", () => {
  expect([...parseAliases(["rerank-v3.5=mini", " a = /models/x=y "])]).toEqual([
    ["rerank-v3.5", "mini"],
    ["a", "/models/x=y"],
  ]);
});

test.each(["mini", "=mini", "name=", " = "])("%j is no alias", (pair) => {
  expect(userErrorOf(() => parseAliases([pair])).hint).toContain("name=model");
});

test("one name stands for one model", () => {
  expect(parseAliases(["a=mini", "a=mini"]).size).toBe(1);
  expect(userErrorOf(() => parseAliases(["a=mini", "a=other"])).message).toMatch(/mini and for other/);
});
