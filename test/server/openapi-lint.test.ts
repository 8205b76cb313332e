import { createConfig, lintFromString } from "@redocly/openapi-core";
import { afterEach, describe, expect, test } from "vitest";
import type { ServerApp } from "../../src/server/create-app.ts";
import { digestKey, LOCAL_SECURITY } from "../../src/server/http/security-options.ts";
import { describedRoutes } from "./fuzz/described-routes.ts";
import { openWholeApp, type WholeAppOptions } from "./fuzz/whole-app.ts";

interface Document {
  paths: Record<string, Record<string, { operationId?: string; summary?: string; description?: string; security?: readonly unknown[]; responses: Record<string, unknown> }>>;
  info: { license?: unknown };
}

const apps: ServerApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function open(options?: WholeAppOptions): Promise<ServerApp> {
  const app = await openWholeApp(options);
  apps.push(app);
  return app;
}

/** As a client gets it. */
async function documentOf(app: ServerApp, headers: Readonly<Record<string, string>> = {}): Promise<Document> {
  const { body } = await app.inject({ url: "/openapi.json", headers });
  return JSON.parse(body) as Document;
}

/** All of Redocly's recommended rules; its warnings count. */
async function problemsOf(document: Document): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: "/openapi.json", config });
  return problems.map(({ ruleId, message, location: [place] }) => `${ruleId}: ${message} (${place?.pointer})`);
}

describe("the OpenAPI document", () => {
  test.each<[string, WholeAppOptions]>([
    ["of a server without keys", {}],
    ["of a server with a key", { security: { ...LOCAL_SECURITY, keyDigests: [digestKey("key")] } }],
    ["with the tutorial's shape", { rerankShape: "tutorial" }],
  ])("%s has no faults", async (_which, options) => {
    expect(await problemsOf(await documentOf(await open(options), { authorization: "Bearer key" }))).toEqual([]);
  });

  test("would not be passed with a fault", async () => {
    const document = await documentOf(await open());
    delete document.info.license;
    const [[, operation] = []] = Object.entries(document.paths["/v1/rerank"] ?? {});
    if (operation !== undefined) operation.operationId = "getLivez";
    expect(await problemsOf(document)).toEqual(expect.arrayContaining([expect.stringMatching(/^info-license:/), expect.stringMatching(/^operation-operationId-unique:/)]));
  });

  test("says of every operation what it is for, what it answers, and how it fails", async () => {
    const { paths } = await documentOf(await open());
    const operations = Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })));
    expect(operations.length).toBeGreaterThan(25);
    const bare = operations.filter(({ summary, responses }) => summary === undefined || responses["200"] === undefined || responses["4XX"] === undefined);
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  test("names no POST route that is answered without a key, and each refuses in its own shape", async () => {
    const app = await open({ security: { ...LOCAL_SECURITY, keyDigests: [digestKey("key")] } });
    const { paths } = await documentOf(app);
    for (const { path, examples, problemsOf: faultsOf } of describedRoutes(app)) {
      expect(paths[path]?.["post"]?.security, path).toBeUndefined();
      const { statusCode, body } = await app.inject({ method: "POST", url: path, payload: examples[0] ?? {} });
      expect({ path, statusCode, faults: faultsOf(statusCode, JSON.parse(body)) }).toEqual({ path, statusCode: 401, faults: [] });
    }
  });

  test("shows requests that are answered", async () => {
    const app = await open();
    for (const { path, examples, problemsOf: faultsOf } of describedRoutes(app)) {
      for (const example of examples) {
        // A model of the service that the dialect comes from.
        const body = { ...(example as object), model: "mini" };
        const { statusCode, body: answer } = await app.inject({ method: "POST", url: path, payload: body });
        expect({ path, statusCode, faults: faultsOf(statusCode, JSON.parse(answer)) }).toEqual({ path, statusCode: 200, faults: [] });
      }
    }
  });
});
