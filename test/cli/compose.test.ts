import { join } from "node:path";
import { expect, test } from "vitest";
import { openLocator } from "../../src/cli/compose.ts";
import type { HubSettings } from "../../src/config/settings-table.ts";
import { writeCheckpoint } from "../support/qwen3-folders.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Of another operating system. */
const FOREIGN_DEVICE = process.platform === "win32" ? "coreml" : "dml";

test("a device that cannot be had is told before a model is compiled for it", async () => {
  const cwd = tempFolder();
  writeCheckpoint(join(cwd, "tuned"));
  const notices: string[] = [];
  const settings = { device: FOREIGN_DEVICE, precision: "auto" } as const;
  const hub = { cacheFolder: join(cwd, "hub"), endpoint: "", offline: true, token: undefined, proxies: {} } as HubSettings;
  const locator = openLocator(hub, cwd, { settings, talk: { onNotice: (line) => void notices.push(line) } });
  await expect(locator.locate("./tuned", "embedder")).rejects.toThrow(`the device ${FOREIGN_DEVICE} cannot be had`);
  expect(notices).toEqual([]);
});
