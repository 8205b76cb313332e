import { describe, expect, test } from "vitest";
import { createServerMetrics } from "../../../src/server/http/metrics/server-metrics.ts";
import { digestKey, LOCAL_SECURITY } from "../../../src/server/http/security-options.ts";
import { createFakeModelService } from "../../support/fake-model-service.ts";
import { startApp } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";

const BODY = { query: "kettle", documents: ["a kettle", "a lamp"] };

async function read(url: string): Promise<{ readonly values: ReadonlyMap<string, number>; readonly types: Readonly<Record<string, string>> }> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split("\n");
  const types = Object.fromEntries(lines.filter((line) => line.startsWith("# TYPE ")).map((line) => line.split(" ").slice(2)));
  const values = new Map(lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
  return { values, types };
}

describe("/metrics", () => {
  test("has ours, those of text-embeddings-inference and those of the tutorial, each of its type", async () => {
    const { url } = await startApp([probeDialect]);
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    await response.text();
    expect((await read(url)).types).toMatchObject({
      rerank_requests_total: "counter",
      rerank_request_duration_seconds: "histogram",
      rerank_queue_duration_seconds: "histogram",
      rerank_inference_duration_seconds: "histogram",
      rerank_input_tokens_total: "counter",
      rerank_texts_total: "counter",
      rerank_cache_hits_total: "counter",
      rerank_cache_misses_total: "counter",
      rerank_queue_requests: "gauge",
      rerank_queue_tokens: "gauge",
      rerank_models_loaded: "gauge",
      rerank_model_deaths_total: "counter",
      process_resident_memory_bytes: "gauge",
      process_cpu_seconds_total: "counter",
      te_request_count: "counter",
      te_request_success: "counter",
      te_request_failure: "counter",
      te_request_duration: "histogram",
      te_request_queue_duration: "histogram",
      te_request_inference_duration: "histogram",
      te_queue_size: "gauge",
      te_batch_next_size: "histogram",
      te_batch_next_tokens: "histogram",
      reranker_requests_total: "counter",
      reranker_request_duration_seconds: "histogram",
      reranker_input_tokens: "histogram",
    });
  });

  test("counts what was asked, what it cost and what failed", async () => {
    const { url, post, models } = await startApp([probeDialect]);
    await post("/probe", BODY);
    await post("/probe", { ...BODY, documents: ["a kettle"] });
    await post("/probe", {});
    await post("/model-fails", {});
    await post("/probe", BODY, { origin: "https://evil.example" });
    await fetch(`${url}/health`);
    models.load = () => ({ calls: 0, waitingRequests: 3, waitingTokens: 700, runningTexts: 8, runningTokens: 90, cacheHits: 5, cacheMisses: 6, loadedModels: 2, deaths: 1 });
    const { values } = await read(url);
    expect(Object.fromEntries(values)).toMatchObject({
      'rerank_requests_total{route="/probe",method="POST",status="200"}': 2,
      'rerank_requests_total{route="/probe",method="POST",status="422"}': 1,
      'rerank_requests_total{route="/health",method="GET",status="200"}': 1,
      'rerank_requests_total{route="/probe",method="POST",status="403"}': 1,
      'rerank_request_duration_seconds_count{route="/probe"}': 4,
      rerank_queue_duration_seconds_sum: 0.002,
      rerank_inference_duration_seconds_sum: 0.004,
      rerank_input_tokens_total: 12,
      rerank_texts_total: 3,
      rerank_cache_hits_total: 5,
      rerank_cache_misses_total: 6,
      rerank_queue_requests: 3,
      rerank_queue_tokens: 700,
      rerank_models_loaded: 2,
      rerank_model_deaths_total: 1,
      'te_request_count{method="batch"}': 3,
      'te_request_count{method="single"}': 1,
      'te_request_success{method="batch"}': 1,
      'te_request_success{method="single"}': 1,
      'te_request_failure{err="validation"}': 1,
      'te_request_failure{err="inference"}': 1,
      te_request_duration_count: 2,
      te_queue_size: 3,
      'reranker_requests_total{method="POST",endpoint="/probe",status="200"}': 2,
      'reranker_requests_total{method="POST",endpoint="/model-fails",status="500"}': 1,
      reranker_request_duration_seconds_count: 2,
      reranker_input_tokens_sum: 12,
    });
  });

  test("does not grow with what clients make up: paths, methods, models and keys", async () => {
    const { url, post } = await startApp([probeDialect]);
    for (let made = 0; made < 20; made += 1) {
      await post(`/nowhere-${made}?x=${made}`, { model: `made-${made}` }, { "x-api-key": `key-${made}` });
      await (await fetch(`${url}/probe/name-${made}`)).text();
    }
    const { values } = await read(url);
    expect(values.get('rerank_requests_total{route="unknown",method="POST",status="404"}')).toBe(20);
    expect(values.get('rerank_requests_total{route="/probe/:name",method="GET",status="200"}')).toBe(20);
    expect([...values.keys()].filter((name) => /made|nowhere|name-|key-/.test(name))).toEqual([]);
  });

  test("counts the turns of texts as text-embeddings-inference does its batches", async () => {
    const { url, app } = await startApp([]);
    app.observeTurn(8, 1000);
    app.observeTurn(1, 12);
    const { values } = await read(url);
    expect(["te_batch_next_size_sum", "te_batch_next_size_count", "te_batch_next_tokens_sum", 'te_batch_next_size_bucket{le="1"}'].map((name) => values.get(name))).toEqual([9, 2, 1012, 1]);
  });

  test("is each server's own", async () => {
    const [first, second] = await Promise.all([startApp([probeDialect]), startApp([probeDialect])]);
    await first.post("/probe", BODY);
    expect((await read(second.url)).values.get("rerank_texts_total")).toBe(0);
    expect((await read(first.url)).values.get("rerank_texts_total")).toBe(2);
  });

  test("has only numbers, from the first moment on", async () => {
    const { url } = await startApp([]);
    for (const [name, value] of (await read(url)).values) expect({ name, isFinite: Number.isFinite(value) }).toEqual({ name, isFinite: true });
  });

  test("needs a key like any other route", async () => {
    const { url } = await startApp([], { security: { ...LOCAL_SECURITY, keyDigests: [digestKey("a-key-of-the-server")] } });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
  });
});

test("work that tells nonsense is counted as nothing, and does not end the server", async () => {
  const metrics = createServerMetrics(createFakeModelService());
  const work = { queueMs: -5, inferenceMs: Number.NaN, inputTokens: Number.POSITIVE_INFINITY, textCount: -1, modelName: "mini" };
  metrics.observe({ requestId: "1", method: "POST", route: "/probe", dialect: "probe", isOpen: false, isKnown: true, status: 200, totalMs: 5, client: undefined, work, failure: undefined, said: [], knownNames: new Set() });
  const text = await metrics.text();
  metrics.close();
  expect(text).toContain("rerank_queue_duration_seconds_sum 0\n");
  expect(text).toContain("rerank_input_tokens_total 0\n");
});
