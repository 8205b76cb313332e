import { expect, test } from "vitest";
import { closestName } from "../../src/domain/closest-name.ts";
import { SETTING_KEYS } from "../../src/config/settings-table.ts";

test.each([
  ["limt", "limit"],
  ["lmiit", "limit"],
  ["min-relevance", "minRelevance"],
  ["MIN_RELEVANCE", "minRelevance"],
  ["colour", "color"],
  ["candidate", "candidates"],
  ["path", "paths"],
])("takes %s for %s", (written, meant) => {
  expect(closestName(written, SETTING_KEYS)).toBe(meant);
});

test.each(["zzz", "temperature", ""])("does not guess for %j", (written) => {
  expect(closestName(written, SETTING_KEYS)).toBeUndefined();
});
