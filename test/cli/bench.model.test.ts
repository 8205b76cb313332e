import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { runBench, type BenchSize } from "../../src/cli/commands/bench.ts";
import type { BenchmarkReport } from "../../src/pipeline/benchmark-report.ts";
import { startRerank } from "../crash/support/rerank-process.ts";
import { compilersOf, inferenceProcessesOf, isAlive, until } from "../support/inference-processes.ts";
import { writeSyntheticCheckpoint } from "../support/synthetic-checkpoint.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { TINY } from "../support/tiny-decoder.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

const schema: object = JSON.parse(readFileSync(new URL("../../docs/bench.schema.json", import.meta.url), "utf8"));
const isReport = new Ajv2020({ allErrors: true }).compile(schema);
const LITTLE: BenchSize = { timeBoxes: { rateMs: 20, hnswMs: 2000, probeMs: 1 }, vectors: 200, queries: 5 };

/** Runs the command in this process. A home of its own: nothing of the machine's settings reaches it. */
async function bench(flags: Parameters<typeof runBench>[0], signal = new AbortController().signal) {
  const home = tempFolder();
  const notices: string[] = [];
  let stdout = "";
  const output = {
    write: async (text: string) => void (stdout += text),
    notice: (line: string) => void notices.push(line),
    closed: false,
    onClosed: () => {},
    drained: async () => {},
  };
  const environment = { HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
  const exitCode = await runBench(flags, { cwd: home, environment, output, signal, stdin: Readable.from([]), expectStop() {} }, LITTLE);
  return { exitCode, stdout, notices };
}

describe("rerank bench", () => {
  test("measures the bundled pair and recommends a precision, as JSON by its schema", async () => {
    const { exitCode, stdout, notices } = await bench({ models: "mini", json: true });
    expect(exitCode).toBe(0);
    const parsed: unknown = JSON.parse(stdout);
    isReport(parsed);
    expect(isReport.errors ?? []).toEqual([]);
    const report = parsed as BenchmarkReport;
    expect(report.models).toMatchObject({ embedder: { id: "mini", device: "cpu" }, reranker: { id: "mini" } });
    expect(report.embedding.map(({ textTokens }) => textTokens)).toEqual([64, 256, 512]);
    // The reranker's own tokens are counted, and it reads 512 of them.
    for (const { tokens, textTokens } of report.reranking) expect(tokens).toBeGreaterThan(Math.min(textTokens, 500));
    expect(Math.max(...report.reranking.map(({ tokens }) => tokens))).toBeLessThanOrEqual(512);
    expect(report.hnsw).toMatchObject({ vectors: 200, dimensions: 384 });
    expect(report.memory.modelsBytes).toBeGreaterThan(50e6);
    const onCpu = report.precisions.filter(({ device }) => device === "cpu");
    expect(onCpu.map(({ precision, source, failure }) => [precision, source, failure])).toEqual(["fp32", "int8", "int4"].map((name) => [name, "estimated", null]));
    expect(report.recommendation).toMatchObject({ models: "qwen3-0.6b", reason: expect.stringMatching(/^(fp32|int8|int4) on \w+ \(about \d+ tokens\/s, \d/) });
    expect(report.interactive.models.map(({ models, source }) => [models, source])).toEqual([["mini", "measured"], ["qwen3-0.6b", "estimated"]]);
    expect(notices.filter((line) => !line.includes("busy"))).toEqual([]);
    expect([...inferenceProcessesOf(process.pid), ...compilersOf(process.pid)]).toEqual([]);
  });

  test("measures a Qwen3 model that is chosen instead of estimating it, and tries its other precisions in its own shape", async () => {
    // A folder's name says which of the two roles a checkpoint is for.
    const embedder = join(tempFolder(), "tiny-embedder");
    mkdirSync(embedder);
    writeSyntheticCheckpoint(embedder, TINY);
    const { stdout } = await bench({ models: "mini", embedder, precision: "int8", device: "cpu", json: true });
    const { precisions, probed, embedding } = JSON.parse(stdout) as BenchmarkReport;
    expect(probed.models).toBe(`${embedder}+mini`);
    const onCpu = precisions.filter(({ device }) => device === "cpu");
    expect(onCpu.map(({ precision, source }) => [precision, source])).toEqual([["fp32", "estimated"], ["int8", "measured"], ["int4", "estimated"]]);
    expect(onCpu[1]?.tokensPerSecond).toEqual(embedding[1]?.tokensPerSecond);
    expect(onCpu[0]?.memoryBytes).toBeLessThan(300e6);
  });

  test("says which models it takes where nobody has chosen any, and prints tables", async () => {
    const { stdout, notices } = await bench({});
    expect(notices).toContainEqual(expect.stringMatching(/^rerank: using the bundled pair mini/));
    expect(stdout).toMatch(/^processor .*\n(.*\n)*embedding .*\n(.*\n)*for interactive search .*\n(.*\n)*for qwen3-0\.6b: /);
  });

  test("refuses a device and a model that cannot be had before it measures", async () => {
    expect((await userRejectionOf(bench({ models: "mini", device: "dml" }))).message).toContain("the device dml cannot be had");
    await userRejectionOf(bench({ models: "no-such-model" }));
  });

  test("Ctrl-C ends it with 130, and the models' process", async () => {
    const run = startRerank(["bench", "--models", "mini"], { cwd: tempFolder() });
    await until(() => run.inferenceIds().length > 0 || run.hasEnded);
    const children = run.inferenceIds();
    run.signalGroup("SIGINT");
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).not.toMatch(/unexpected error|\n {4}at |died/);
    await until(() => !children.some(isAlive));
  });

  test("an abort while a precision is tried ends the process that tries it", async () => {
    const stop = new AbortController();
    const running = bench({ models: "mini" }, stop.signal);
    const reason = new Error("Ctrl-C");
    const outcome = running.catch((error: unknown) => error);
    await until(() => compilersOf(process.pid).length > 0);
    stop.abort(reason);
    expect(await outcome).toBe(reason);
    expect(compilersOf(process.pid)).toEqual([]);
  });
});
