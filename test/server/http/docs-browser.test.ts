import { join } from "node:path";
import { expect, test } from "vitest";
import { digestKey, LOCAL_SECURITY } from "../../../src/server/http/security-options.ts";
import { dumpDocument, findBrowser } from "../../support/headless-browser.ts";
import { startApp } from "../../support/start-app.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { probeDialect } from "./probe-dialect.ts";

const browser = findBrowser();

test.each(["/docs", "/docs/"])("%s shows every route with what lies on the server alone, under a policy that lets nothing else in", { skip: browser === undefined, timeout: 120_000 }, async (path) => {
  const { url } = await startApp([probeDialect], { security: { ...LOCAL_SECURITY, keyDigests: [digestKey("a-key-of-the-server")] } });
  const response = await fetch(url + path);
  const html = await response.text();
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
  const { document, log } = await dumpDocument({ browser: browser as string, profileFolder: join(tempFolder(), "profile"), scheme: "light", url: url + path });
  for (const shown of ["/probe", "/health", "Authorize", "opblock-summary"]) expect(document).toContain(shown);
  expect(log.split("\n").filter((line) => /CONSOLE|Content Security Policy|Refused/.test(line))).toEqual([]);
});
