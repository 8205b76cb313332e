import { Option } from "commander";
import { expect, test } from "vitest";
import { SETTINGS, flagAttribute, longFlag, oppositeFlag, settingsOfCommand } from "../../src/config/settings-table.ts";

test("keys, flags and variables are unique", () => {
  for (const names of [SETTINGS.map(({ key }) => key), SETTINGS.map(longFlag), SETTINGS.map(({ env }) => env)]) {
    expect(new Set<string>(names).size).toBe(SETTINGS.length);
  }
});

test.each(SETTINGS.map((setting) => [setting.key, setting] as const))("%s has a variable named for its key", (key, setting) => {
  expect(setting.env).toBe(`RERANK_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`);
});

test.each(SETTINGS.map((setting) => [setting.flag, setting] as const))("commander reads %s under the attribute that we expect", (flag, setting) => {
  const option = new Option(flag, setting.doc);
  expect(option.attributeName()).toBe(flagAttribute(setting));
  expect(option.isBoolean() || option.negate).toBe(setting.type === "boolean");
});

test("every boolean can be turned back for one run", () => {
  const byKey = (key: string) => SETTINGS.find((setting) => setting.key === key)!;
  expect(oppositeFlag(byKey("rerank"))).toBe("--rerank");
  expect(oppositeFlag(byKey("hybrid"))).toBe("--no-hybrid");
  expect(oppositeFlag(byKey("limit"))).toBeUndefined();
});

test("a command gets its own settings only", () => {
  const keys = settingsOfCommand("rank").map(({ key }) => key);
  expect(keys).toContain("limit");
  expect(keys).not.toContain("candidates");
  expect(settingsOfCommand("completion").map(({ key }) => key)).toEqual(["color"]);
});
