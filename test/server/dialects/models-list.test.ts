import { describe, expect, test } from "vitest";
import { embeddingDialects } from "../../../src/server/dialects/embedding-dialects.ts";
import type { ServedModel } from "../../../src/server/model-service.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { startApp } from "../../support/start-app.ts";

const HUB_ID = "Qwen/Qwen3-Embedding-0.6B";
const AVAILABLE: ServedModel = { names: [HUB_ID], role: "embedder", isDefault: false, state: "available", spec: fakeSpec("embedder", HUB_ID, true), device: null, memoryBytes: null };

async function startWith(...more: readonly ServedModel[]) {
  const started = await startApp(embeddingDialects());
  const own = await started.models.models();
  started.models.models = async () => [...own, ...more];
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(started.url + path, { headers, redirect: "manual" });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  };
  return { ...started, get };
}

describe("GET /v1/models", () => {
  test("lists each name once, with what it is in each role", async () => {
    const { get } = await startWith(AVAILABLE);
    const { status, body } = await get("/v1/models");
    expect(status).toBe(200);
    expect(body.object).toBe("list");
    expect(body.data.map(({ id, object, owned_by }: Record<string, unknown>) => [id, object, owned_by])).toEqual([
      ["mini", "model", "rerank"],
      [HUB_ID, "model", "Qwen"],
    ]);
    expect(body.data[0].roles).toMatchObject({
      embedder: { state: "loaded", is_default: true, aliases: [], device: "cpu", memory_bytes: 1e8, precision: "fp32", max_tokens: 512, dimensions: 64, licence: "MIT" },
      reranker: { state: "loaded", is_default: true, aliases: ["rerank-v3.5"], reads_instruction: true },
    });
    expect(body.data[0].roles.reranker).not.toHaveProperty("dimensions");
    expect(body.data[1].roles).toMatchObject({ embedder: { state: "available", is_default: false, device: null, memory_bytes: null } });
    expect(body.data[1].roles).not.toHaveProperty("reranker");
    expect(Math.abs(body.data[0].created - Date.now() / 1000)).toBeLessThan(3600);
  });

  test("tells no folder of the server", async () => {
    const { get } = await startWith(AVAILABLE);
    expect(JSON.stringify((await get("/v1/models")).body)).not.toContain("/nowhere");
  });

  test("finds a model by its name or an alias, and by a name whose slash is encoded or not", async () => {
    const { get } = await startWith(AVAILABLE);
    for (const [path, id] of [
      ["mini", "mini"],
      ["rerank-v3.5", "mini"],
      [HUB_ID, HUB_ID],
      [encodeURIComponent(HUB_ID), HUB_ID],
    ] as const) {
      expect(await get(`/v1/models/${path}`)).toMatchObject({ status: 200, body: { id, object: "model" } });
    }
  });

  test("answers 404 in OpenAI's shape for a name that is not there", async () => {
    const { get } = await startWith(AVAILABLE);
    for (const path of ["gpt-4", "Qwen/nothing", "Qwen%2Fnothing", "a/b/c", "%00"]) {
      const { status, body } = await get(`/v1/models/${path}`);
      expect({ path, status, body }).toEqual({ path, status: 404, body: { error: { message: expect.any(String), type: "invalid_request_error", param: "model", code: "model_not_found" } } });
    }
  });
});

describe("GET /", () => {
  test("tells programs in short what is here", async () => {
    const { get, models } = await startWith(AVAILABLE);
    const { status, body } = await get("/", { accept: "*/*" });
    expect(status).toBe(200);
    expect(body).toEqual({ status: "ok", loaded_models: ["mini"], default_model: "mini", supported_models: ["mini", "rerank-v3.5", HUB_ID] });
    models.state = "loading";
    expect((await get("/")).body.status).toBe("loading");
  });

  test("sends browsers to the page", async () => {
    const { get } = await startWith();
    const { status, headers } = await get("/", { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" });
    expect(status).toBe(302);
    expect(headers.get("location")).toBe("/ui");
    expect(headers.get("vary")).toContain("accept");
  });

  test("has no default where the server has no reranker of its own", async () => {
    const { get, models } = await startWith();
    models.models = async () => [AVAILABLE];
    expect((await get("/")).body).toEqual({ status: "ok", loaded_models: [], default_model: null, supported_models: [HUB_ID] });
  });
});
