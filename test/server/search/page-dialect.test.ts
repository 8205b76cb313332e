import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPageDialect } from "../../../src/server/search/page-dialect.ts";
import { buildPage } from "../../support/built-page.ts";
import { startApp } from "../../support/start-app.ts";
import { tempFolder, writeFiles } from "../../support/temp-folder.ts";

test("serves the page and all that it names, with a policy that lets nothing else in", async () => {
  const folder = buildPage(tempFolder());
  const { url } = await startApp([createPageDialect(folder)]);
  const page = await fetch(`${url}/ui`);
  const html = await page.text();
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none';.*frame-ancestors 'none'.*require-trusted-types-for 'script'/);
  expect(page.headers.get("content-security-policy")).not.toMatch(/unsafe|https?:|\*/);
  const named = Array.from(html.matchAll(/(?:src|href)="(ui\/[^"]+)"/g), ([, address]) => address);
  expect(named.length).toBeGreaterThan(3);
  for (const address of named) {
    const response = await fetch(`${url}/${address}`);
    expect(response.status, address).toBe(200);
    expect(await response.text()).not.toBe("");
  }
  // Inline scripts and styles would be refused by the policy, other servers' files too.
  expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*\ssrc=)|https?:/);
});

test("a page that has not changed is not sent again, and HEAD sends none of it", async () => {
  const folder = tempFolder();
  writeFiles(folder, { "index.html": "<!doctype html>", "main.js": "1" });
  const { url } = await startApp([createPageDialect(folder)]);
  const { headers } = await fetch(`${url}/ui/main.js`);
  expect(headers.get("cache-control")).toBe("no-cache");
  expect(headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  const again = await fetch(`${url}/ui/main.js`, { headers: { "if-none-match": `"other", W/${headers.get("etag")}` } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  const head = await fetch(`${url}/ui`, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "15", ""]);
  const slash = await fetch(`${url}/ui/`, { redirect: "manual" });
  expect([slash.status, slash.headers.get("location")]).toEqual([308, "../ui"]);
});

test("serves nothing but the page's own files", async () => {
  const folder = tempFolder();
  writeFiles(folder, { "page/index.html": "<!doctype html>", "page/main.d.ts": "x", "secret.js": "secret" });
  const { url } = await startApp([createPageDialect(join(folder, "page"))]);
  for (const address of ["/ui/main.d.ts", "/ui/..%2fsecret.js", "/ui/%2e%2e/secret.js", "/ui/constructor", "/ui/absent.js"]) {
    const response = await fetch(url + address);
    expect(response.status, address).toBe(404);
    expect(await response.text()).not.toContain('"secret"');
  }
});

test("says that there is no page where it was not built", async () => {
  const { url } = await startApp([createPageDialect(join(tempFolder(), "absent"))]);
  const response = await fetch(`${url}/ui`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ message: "the page has no such file" });
});

test("the build compiles the page, and copies what is not compiled", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  expect(scripts["build"]).toContain("tsc -p tsconfig.page.json");
  expect(scripts["typecheck"]).toContain("tsconfig.page.json");
});
