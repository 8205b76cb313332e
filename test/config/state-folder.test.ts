import { join } from "node:path";
import { expect, test } from "vitest";
import { stateFolder } from "../../src/config/state-folder.ts";

test.each([
  ["linux", { XDG_STATE_HOME: "/state" }, join("/state", "rerank")],
  ["linux", { XDG_STATE_HOME: "" }, join("/home/a", ".local", "state", "rerank")],
  ["darwin", { LOCALAPPDATA: "/elsewhere" }, join("/home/a", ".local", "state", "rerank")],
  ["win32", { LOCALAPPDATA: "/local" }, join("/local", "rerank")],
] as const)("on %s with %j it lies in %s", (platform, env, folder) => {
  expect(stateFolder(env, "/home/a", platform)).toBe(folder);
});
