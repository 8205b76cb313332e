import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { BenchmarkReport } from "../../src/pipeline/benchmark-report.ts";
import { benchJson, benchText } from "../../src/reporters/bench-report.ts";
import { widthOf } from "../../src/reporters/style.ts";
import { precisionFigures, sampleBenchmark } from "../support/benchmark-report.ts";
import { plainTerminal } from "./sample-result.ts";

const schema: object = JSON.parse(readFileSync(new URL("../../docs/bench.schema.json", import.meta.url), "utf8"));
const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true }).compile(schema);

const CJK_MODELS = { ...sampleBenchmark().models, embedder: { ...sampleBenchmark().models.embedder, id: "模型/很长的名字\u001b[31m" } };
const FAILED = sampleBenchmark({
  models: CJK_MODELS,
  machine: { ...sampleBenchmark().machine, loadAverage: 14.8, isBusy: true },
  precisions: [precisionFigures("int8", null), precisionFigures("int4", 100, { device: "webgpu", source: "measured" })],
  recommendation: { models: "mini", precision: null, device: null, reason: "qwen3-0.6b takes at least 1.3 GB, and 1.0 GB are free: the bundled models remain" },
});

describe("the text", () => {
  test("shows figures in tables, and what they come to", () => {
    const text = benchText(sampleBenchmark(), plainTerminal(80));
    expect(text).toContain("processor  AMD EPYC, 2 logical, models use 2 threads\n");
    expect(text).toContain("loading    900 ms; again, with cached files, 500 ms (embedder 200 ms, reranker\n");
    expect(text).toContain("reranking   tokens/s    quartiles  ms a pair  50 candidates  runs\n");
    expect(text).toMatch(/^256 tokens {5}3,000 {2}2,700-3,300 {9}85 {10}4\.3 s {4}40$/m);
    expect(text).toContain("HNSW    10,000 synthetic vectors of 384 dimensions, built at 1,475 a second\n");
    expect(text).toContain("recall  0.9995 of the exact 10, 0.9980 of the exact 100\n");
    expect(text).toMatch(/^int8 on cpu {7}180 {4}162-198 {5}1 min 11 s {2}1\.6 GB {3}yes$/m);
    expect(text).toContain("\nfor interactive search (50 candidates of 256 tokens within 10 s): mini (4.3 s);\nnot qwen3-0.6b (about 1 min 11 s)\n");
    expect(text).toContain("\nfor qwen3-0.6b: int8 on cpu (about 180 tokens/s, 1.6 GB)\n--models qwen3-0.6b --precision int8 --device cpu\n");
    expect(text).not.toContain("recommended");
    expect(text).not.toContain("busy");
  });

  test("names what is fast enough for somebody who waits, and where nothing is, a remedy", () => {
    const { interactive } = sampleBenchmark();
    const textOf = (...times: readonly [boolean, string][]): string => {
      const models = times.map(([isInteractive, name]) => ({ ...interactive.models[0]!, precision: isInteractive ? "int8" : "fp32", models: name, isInteractive }));
      return benchText(sampleBenchmark({ interactive: { ...interactive, models } }), plainTerminal(200));
    };
    expect(textOf([true, "mini"], [true, "qwen3-0.6b"])).toContain("within 10 s): mini (4.3 s) or qwen3-0.6b (4.3 s)\n");
    expect(textOf([false, "mini"], [false, "b"])).toContain("within 10 s): not mini (4.3 s), nor b (4.3 s); fewer candidates take less: rerank tune\n");
    expect(textOf([true, "q"], [false, "q"])).toContain("within 10 s): q in int8 on cpu (4.3 s); not q in fp32 on cpu (4.3 s)\n");
  });

  test("says that a machine is busy, what failed, and what was measured with the model itself", () => {
    const text = benchText(FAILED, plainTerminal(80));
    expect(text).toContain("the machine is busy (load 14.8 on 2 processors)");
    expect(text).toMatch(/^int8 on cpu {7}failed .* estimated$/m);
    expect(text).toMatch(/^int4 on webgpu .* measured$/m);
    expect(text).toContain("int8 on cpu  its process died (signal SIGILL)\n");
    expect(text).toMatch(/^qwen3-0\.6b takes at least 1\.3 GB/m);
    expect(text).toContain("\n--models mini\n");
  });

  test.each([40, 80, 120])("fits %i columns, without colours and control characters", (columns) => {
    for (const report of [sampleBenchmark(), FAILED]) {
      const lines = benchText(report, plainTerminal(columns)).split("\n");
      for (const line of lines.filter((text) => !text.startsWith("--models"))) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
      // oxlint-disable-next-line no-control-regex
      expect(lines.join("")).not.toMatch(/[\u0000-\u001f]/);
    }
  });
});

describe("the JSON", () => {
  test.each([
    ["of a full report", sampleBenchmark()],
    ["of a report with failures", FAILED],
  ])("%s follows its schema, and tells everything", (_name, report) => {
    const json = benchJson(report);
    const parsed: unknown = JSON.parse(json);
    validate(parsed);
    expect(validate.errors ?? []).toEqual([]);
    const rounded: unknown = JSON.parse(JSON.stringify({ version: 1, ...report }, (_key, value: unknown) => (typeof value === "number" ? Number(value.toFixed(3)) : value)));
    expect(parsed).toEqual({ ...(rounded as object), hnsw: { ...(rounded as BenchmarkReport).hnsw, recall10: 0.9995, recall100: 0.998 } });
    expect(json.endsWith("}\n")).toBe(true);
  });

  test("tells no digits that nobody can use", () => {
    const { hnsw } = sampleBenchmark();
    const json = benchJson(sampleBenchmark({ elapsedMs: 1685.4199280000003, hnsw: { ...hnsw, recall10: 2 / 3 } }));
    expect(JSON.parse(json)).toMatchObject({ elapsedMs: 1685.42, hnsw: { recall10: 0.666667 } });
    expect(json).not.toMatch(/\.\d{7}/);
  });

  test("the schema allows no other keys, in the rates of either model either", () => {
    const { embedding, reranking } = sampleBenchmark();
    const strangers = [{ ...sampleBenchmark(), more: 1 }, sampleBenchmark({ embedding: embedding.map((rate) => ({ ...rate, more: 1 })) }), sampleBenchmark({ reranking: reranking.map((rate) => ({ ...rate, more: 1 })) })];
    for (const stranger of strangers) expect(validate({ version: 1, ...stranger })).toBe(false);
  });
});
