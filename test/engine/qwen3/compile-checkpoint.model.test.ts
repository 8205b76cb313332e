import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { compileCheckpoint } from "../../../src/engine/qwen3/compile-checkpoint.ts";
import type { CompileProgress, CompileReport } from "../../../src/ports/model-compiler.ts";
import type { SyntheticOptions } from "../../support/synthetic-checkpoint.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { TINY, tinyDecoder } from "../../support/tiny-decoder.ts";

const sound = tinyDecoder();

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

const REQUEST = { role: "embedder", precision: "fp32", checkpointFolder: sound } as const;
const hasReport = (): boolean => existsSync(join(folder, "report.json"));

describe("a compilation", () => {
  test("writes graph, weights, golden answers and the report, and returns what the report says", async () => {
    const report = await compileCheckpoint({ ...REQUEST, precision: "int8" }, folder);
    expect(readdirSync(folder).toSorted()).toEqual(["golden.json", "graph.onnx", "report.json", "weights.bin"]);
    expect(JSON.parse(readFileSync(join(folder, "report.json"), "utf8"))).toEqual(report);
    const sizeOf = (name: string): number => statSync(join(folder, name)).size;
    expect(report).toMatchObject({ role: "embedder", requestedPrecision: "int8", precision: "int8", dimensions: TINY.hidden_size, contextTokens: 4096, maxRelevanceDifference: null, kendallTau: null });
    expect(report.sizeBytes).toBe(sizeOf("graph.onnx") + sizeOf("weights.bin"));
    expect(report.minCosine).toBeGreaterThanOrEqual(0.999);
    expect(report.matrices).toHaveLength(7 * TINY.num_hidden_layers);
    for (const { choice, relativeError } of report.matrices) {
      expect(choice).toMatch(/^(int8|int8-twice|fp32)(, channels moved by [\d.]+)?$/);
      if (!choice.startsWith("fp32")) expect(relativeError).toBeGreaterThan(0);
    }
  });

  test("of a reranker has no dimensions, and says how far relevances moved", async () => {
    const checkpointFolder = tinyDecoder({}, { num_hidden_layers: 1 });
    const report = await compileCheckpoint({ checkpointFolder, role: "reranker", precision: "int8" }, folder);
    expect(report).toMatchObject({ role: "reranker", dimensions: 0, minCosine: null });
    expect(report.maxRelevanceDifference).toBeLessThanOrEqual(0.01);
    expect(report.kendallTau).toBeGreaterThan(0.8);
  });

  test("makes the same choices and the same bytes each time, and others for another precision", async () => {
    const again = tempFolder();
    const compile = (precision: "int8" | "int4", into: string): Promise<CompileReport> => compileCheckpoint({ ...REQUEST, precision }, into);
    const [first, second, rough] = [await compile("int8", folder), await compile("int8", again), await compile("int4", tempFolder())];
    expect(second.choicesDigest).toBe(first.choicesDigest);
    expect(rough.choicesDigest).not.toBe(first.choicesDigest);
    for (const name of ["graph.onnx", "weights.bin", "golden.json"]) {
      expect(readFileSync(join(again, name)).equals(readFileSync(join(folder, name))), name).toBe(true);
    }
  });

  test("tells how far it is, from nothing to all of it", async () => {
    const told: CompileProgress[] = [];
    await compileCheckpoint({ ...REQUEST, precision: "int8" }, folder, { onProgress: (progress) => told.push(progress) });
    const steps = new Set(told.map(({ step }) => step.split(",")[0]));
    expect([...steps]).toEqual(["measuring", "checking", "writing"]);
    expect(told[0]).toEqual({ step: "measuring, layer 1 of 2", share: 0 });
    for (const { step, share } of told) {
      expect(step).toMatch(/^\w+, layer [12] of 2$/);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThan(1);
    }
  });

  test("that is aborted ends with the reason, between any two layers, and reports nothing", async () => {
    let steps = 0;
    await compileCheckpoint({ ...REQUEST, precision: "int8" }, tempFolder(), { onProgress: () => (steps += 1) });
    for (const abortedAt of [1, 2, 4, steps]) {
      const controller = new AbortController();
      const reason = new Error(`enough at ${abortedAt}`);
      let seen = 0;
      const onProgress = (): void => {
        seen += 1;
        if (seen === abortedAt) controller.abort(reason);
      };
      const compilation = compileCheckpoint({ ...REQUEST, precision: "int8" }, folder, { signal: controller.signal, onProgress });
      if (abortedAt < steps) await expect(compilation).rejects.toBe(reason);
      else await compilation;
      expect(hasReport()).toBe(abortedAt === steps);
    }
  });
});

describe("int8 that cannot keep its bound", () => {
  /**
   * Neighbouring channels are equal, and neighbouring weights cancel but for a thousandth, which 8 bits cannot hold: what is left of
   * every product is its rounding error.
   */
  const cancelling: NonNullable<SyntheticOptions["change"]> = (name, values, shape) => {
    const [rows = 0, columns = 1] = shape;
    if (name.endsWith("norm.weight")) return values.map((_, channel) => values[channel & ~1] ?? 0);
    const isTable = name.includes("embed_tokens");
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const pair = (isTable ? row : row & ~1) * columns + (column & ~1);
        const place = row * columns + column;
        if (isTable) values[place] = values[pair] ?? 0;
        else if (row % 2 === 1) values[place] = values[place - columns] ?? 0;
        else values[place] = column % 2 === 0 ? 1000 * (values[place] ?? 0) : 0.5 * (values[place] ?? 0) - (values[place - 1] ?? 0);
      }
    }
    return values;
  };

  test("gives way to fp32, and says so", async () => {
    const notices: string[] = [];
    const checkpointFolder = tinyDecoder({ dtype: "F32", change: cancelling });
    const report = await compileCheckpoint({ ...REQUEST, checkpointFolder, precision: "int8" }, folder, { onNotice: (line) => notices.push(line) });
    expect(report).toMatchObject({ requestedPrecision: "int8", precision: "fp32", minCosine: null });
    expect(notices).toEqual(["int8 cannot keep within 0.999 cosine and 0.01 relevance of the exact model: compiled in fp32 instead"]);
    const plain = await compileCheckpoint({ ...REQUEST, checkpointFolder }, tempFolder());
    expect(report.choicesDigest).toBe(plain.choicesDigest);
  });

  test("is no matter for int4, which keeps none and says what it costs", async () => {
    const notices: string[] = [];
    const report = await compileCheckpoint({ ...REQUEST, role: "reranker", precision: "int4" }, folder, { onNotice: (line) => notices.push(line) });
    expect(report.precision).toBe("int4");
    if ((report.maxRelevanceDifference ?? 1) > 0.01) expect(notices).toEqual([expect.stringMatching(/^int4 changes this model's answers: relevances up to 0\.\d{3} from the exact ones$/)]);
    else expect(notices).toEqual([]);
  });
});
