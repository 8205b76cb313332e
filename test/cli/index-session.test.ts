import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { openIndexSession, type IndexSettings } from "../../src/cli/index-session.ts";
import { SETTINGS, type HubSettings } from "../../src/config/settings-table.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";

let cwd: string;

beforeEach(() => {
  cwd = tempFolder();
  writeFiles(cwd, { "docs/a.md": "# Apples" });
});

/** With a model that is not on this machine. */
function failingSession(): Promise<unknown> {
  const defaults = Object.fromEntries(SETTINGS.map((setting) => [setting.key, "default" in setting ? setting.default : undefined]));
  const settings = { ...defaults, models: "qwen3-8b" } as unknown as IndexSettings;
  const hub = { cacheFolder: join(cwd, "hub"), endpoint: "", offline: true } as HubSettings;
  const { signal } = new AbortController();
  return openIndexSession({ settings, hub, cwd, paths: ["docs"], rebuild: false, command: "test", signal, onEvent: () => {}, onNotice: () => {}, approveSending: async () => {} });
}

test("a first run that fails before it has written anything leaves no folder behind", async () => {
  await expect(failingSession()).rejects.toThrow("is not on this machine");
  expect(readdirSync(cwd)).toEqual(["docs"]);
});

test("a folder that was there before stays", async () => {
  mkdirSync(join(cwd, ".rerank"));
  await expect(failingSession()).rejects.toThrow("is not on this machine");
  expect(existsSync(join(cwd, ".rerank"))).toBe(true);
});
