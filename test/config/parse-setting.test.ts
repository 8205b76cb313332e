import { describe, expect, test } from "vitest";
import { formatSetting, parseSetting } from "../../src/config/parse-setting.ts";
import { settingOf } from "../../src/config/settings-table.ts";
import { UserError } from "../../src/domain/errors.ts";

const parse = (key: string, raw: unknown) => parseSetting(settingOf(key)!, raw, key);

describe("parseSetting", () => {
  test.each([
    ["limit", "20", 20],
    ["limit", 20, 20],
    ["limit", "1", 1],
    ["threads", "0", 0],
    ["minRelevance", "0.5", 0.5],
    ["minRelevance", ".5", 0.5],
    ["minRelevance", 1, 1],
    ["budget", "800", 800],
    ["budget", 800, 800],
    ["budget", "800ms", 800],
    ["budget", "2s", 2000],
    ["budget", "1.5 s", 1500],
    ["budget", "1min", 60_000],
    ["maxFileSize", "20MB", 20_000_000],
    ["maxFileSize", "1 MiB", 1_048_576],
    ["maxFileSize", "500kB", 500_000],
    ["maxFileSize", "1G", 1_000_000_000],
    ["maxFileSize", 4096, 4096],
    ["hybrid", "yes", true],
    ["hybrid", "OFF", false],
    ["hybrid", "0", false],
    ["rerank", false, false],
    ["color", "never", "never"],
    ["include", "*.{md,txt},docs/**", ["*.{md,txt}", "docs/**"]],
    ["include", ["a,b"], ["a,b"]],
    ["include", "", []],
    ["instruct", "找出答案", "找出答案"],
  ])("reads %s from %j as %j", (key, raw, value) => {
    expect(parse(key, raw)).toEqual(value);
  });

  test.each([
    ["limit", "ten", /limit is "ten", but must be a whole number from 1 to 100000/],
    ["limit", "0", /whole number from 1/],
    ["limit", "-3", /whole number/],
    ["limit", "2.5", /whole number/],
    ["limit", "0x10", /whole number/],
    ["limit", Number.NaN, /whole number/],
    ["limit", true, /whole number/],
    ["limit", "100001", /to 100000/],
    ["minRelevance", "1.01", /a number from 0 to 1/],
    ["minRelevance", "50%", /a number from 0 to 1/],
    ["budget", "0", /a time such as/],
    ["budget", "2 fortnights", /a time such as/],
    ["maxFileSize", "20 apples", /a size such as/],
    ["maxFileSize", "0", /a size .*of at least 1 byte$/],
    ["maxBody", "5GB", /maxBody is "5GB", but must be a size .*from 1KiB to 1GiB$/],
    ["budget", "2h 5", /a time such as 800, 800ms or 2s, from 1ms to 24h$/],
    ["deadline", "25h", /from 1ms to 24h$/],
    ["idle", "800ms", /a time such as 10s or 10min, from 1s to 24h$/],
    ["hybrid", "maybe", /true or false/],
    ["color", "blue", /one of auto, always, never/],
    ["include", [1], /a list of texts/],
    ["include", { a: 1 }, /a list of texts/],
    ["instruct", "  ", /not empty/],
    ["models", 5, /a text/],
  ])("refuses %s from %j", (key, raw, message) => {
    expect(() => parse(key, raw)).toThrow(UserError);
    expect(() => parse(key, raw)).toThrow(message);
  });
});

test.each([
  ["maxFileSize", 20_000_000, "20MB"],
  ["maxFileSize", 1_048_576, "1MiB"],
  ["maxFileSize", 20_000_001, "20000001"],
  ["budget", 2000, "2s"],
  ["budget", 800, "800ms"],
  ["include", ["a", "b"], "a,b"],
  ["limit", 10, "10"],
])("writes %s %j as %s", (key, value, text) => {
  expect(formatSetting(settingOf(key)!, value)).toBe(text);
});
