import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_PLACES } from "../../src/config/config-files.ts";
import { settingsMarkdown } from "../../src/config/settings-markdown.ts";

const documentation = readFileSync(resolve("docs/configuration.md"), "utf8");

test("docs/configuration.md has the table of all settings as it is", () => {
  const table = documentation.slice(documentation.indexOf("| key |")).split("\n\n")[0];
  expect(table).toBe(settingsMarkdown());
});

test("docs/configuration.md names every place of a project's file", () => {
  for (const place of PROJECT_PLACES) expect(documentation).toContain(`\`${place}\``);
});
