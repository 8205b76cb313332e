import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, test } from "vitest";
import { digestKey, LOCAL_SECURITY } from "../../../src/server/http/security-options.ts";
import { startApp } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";

async function documentOf(options: Parameters<typeof startApp>[1] = {}) {
  const { url } = await startApp([probeDialect], options);
  return (await (await fetch(`${url}/openapi.json`)).json()) as any;
}

describe("/openapi.json", () => {
  test("describes the routes of dialects and of the operation, and hides those of the document itself", async () => {
    const document = await documentOf();
    expect(document).toMatchObject({ openapi: "3.1.0", info: { title: "rerank", version: "0.0.0-test" }, servers: [{ url: "/" }] });
    expect(Object.keys(document.paths).toSorted()).toEqual(
      ["/client", "/fails", "/fails-alone", "/fails-at", "/fails-at/{name}", "/health", "/livez", "/metrics", "/model-fails", "/model-is-gone", "/not-a-number", "/open", "/openapi.json", "/probe", "/probe/{name}", "/readyz", "/streams"].toSorted(),
    );
    expect(document.paths["/probe"].post).toMatchObject({ tags: ["probe"], operationId: "postProbe", requestBody: { content: { "application/json": { schema: { required: ["query", "documents"] } } } } });
    expect(Object.keys(document.paths["/probe"])).toEqual(["post"]);
  });

  test("says how to bring a key, and which routes need none", async () => {
    const document = await documentOf({ security: { ...LOCAL_SECURITY, keyDigests: [digestKey("a-key-of-the-server")] } });
    expect(document.components.securitySchemes).toMatchObject({ bearer: { type: "http", scheme: "bearer" }, apiKey: { type: "apiKey", in: "header", name: "X-API-Key" } });
    expect(document.security).toEqual([{ bearer: [] }, { apiKey: [] }]);
    expect([document.paths["/open"].get.security, document.paths["/health"].get.security, document.paths["/probe"].post.security, document.paths["/metrics"].get.security]).toEqual([[], [], undefined, undefined]);
  });

  test("says that a key is not needed where there is none", async () => {
    expect((await documentOf()).security).toContainEqual({});
  });

  test("is a valid document", async () => {
    const config = await createConfig({ extends: ["spec"] });
    const problems = await lintFromString({ source: JSON.stringify(await documentOf()), config });
    expect(problems.map(({ message, location }) => `${message} ${location[0]?.pointer}`)).toEqual([]);
  });
});
