import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../../../src/domain/errors.ts";
import { compileCheckpoint } from "../../../src/engine/qwen3/compile-checkpoint.ts";
import { NO_TOKEN, YES_TOKEN } from "../../../src/engine/qwen3/write-model.ts";
import type { CompileProgress, CompileReport } from "../../../src/ports/model-compiler.ts";
import { SMALL_DISK_SKIP, smallDisk } from "../../support/small-disk.ts";
import type { SyntheticOptions } from "../../support/synthetic-checkpoint.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { oneValue, TINY, tinyDecoder } from "../../support/tiny-decoder.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

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

describe("a checkpoint with values that are no numbers", () => {
  test.each([
    ["a matrix", "model.layers.1.mlp.up_proj.weight", 77, Number.NaN, { role: "embedder", precision: "int8", dtype: "BF16" }],
    ["a norm", "model.layers.1.self_attn.k_norm.weight", 3, Number.POSITIVE_INFINITY, { role: "embedder", precision: "fp32", dtype: "F32" }],
    ["the last norm", "model.norm.weight", 31, Number.NaN, { role: "reranker", precision: "int8", dtype: "BF16" }],
    ["a token that every query has", "model.embed_tokens.weight", 641 * 32 + 1, Number.NaN, { role: "embedder", precision: "int4", dtype: "BF16" }],
    ["a token that no calibration text has", "model.embed_tokens.weight", 151_000 * 32 + 5, Number.NEGATIVE_INFINITY, { role: "embedder", precision: "fp32", dtype: "BF16" }],
    ["such a token in single precision", "model.embed_tokens.weight", 151_668 * 32 + 31, Number.NaN, { role: "embedder", precision: "fp32", dtype: "F32" }],
    ["the head's row of yes", "lm_head.weight", YES_TOKEN * 32, Number.NaN, { role: "reranker", precision: "int8", dtype: "BF16" }],
    ["the head's row of no", "lm_head.weight", NO_TOKEN * 32 + 31, Number.NEGATIVE_INFINITY, { role: "reranker", precision: "fp32", dtype: "F32" }],
  ] as const)("in %s is refused by the tensor's name", async (_, tensor, place, value, { role, precision, dtype }) => {
    const checkpointFolder = tinyDecoder({ dtype, change: oneValue(tensor, place, value) }, { tie_word_embeddings: tensor !== "lm_head.weight" });
    const { message, hint } = await userRejectionOf(compileCheckpoint({ checkpointFolder, role, precision }, folder));
    expect(message).toBe(`the checkpoint holds ${value} in ${tensor.replace("model.", "")} (value ${place})`);
    expect(hint).toContain("take another checkpoint");
    expect(hasReport()).toBe(false);
  });

  test("in the head is no matter for an embedder", async () => {
    const checkpointFolder = tinyDecoder({ change: oneValue("lm_head.weight", YES_TOKEN * 32, Number.NaN) }, { tie_word_embeddings: false });
    expect((await compileCheckpoint({ ...REQUEST, checkpointFolder }, folder)).role).toBe("embedder");
  });

  test("that only arise on the way, from weights near the end of single precision, are refused, too", async () => {
    const checkpointFolder = tinyDecoder({ dtype: "F32", change: (name, values) => (name.includes("down_proj") ? values.map((value) => value * 1.3e39) : values) });
    for (const precision of ["fp32", "int8"] as const) {
      const { message } = await userRejectionOf(compileCheckpoint({ ...REQUEST, checkpointFolder, precision }, folder));
      expect(message).toBe("the checkpoint gives NaN or infinity for plain texts");
      expect(hasReport()).toBe(false);
    }
  });
});

describe("a damaged checkpoint", () => {
  test.each<[string, (checkpoint: string) => void, RegExp]>([
    ["cut short", (checkpoint) => truncateSync(join(checkpoint, "model.safetensors"), 1_000_000), /the download is incomplete/],
    ["of another shape than its config.json", (checkpoint) => changeConfig(checkpoint, { intermediate_size: 64 }), /mlp\.\w+_proj\.weight must be \[/],
    ["of more layers than its config.json", (checkpoint) => changeConfig(checkpoint, { num_hidden_layers: 3 }), /has no tensor layers\.2\./],
    ["without its tokenizer", (checkpoint) => rmSync(join(checkpoint, "tokenizer.json")), /tokenizer\.json/],
    ["without its configuration", (checkpoint) => rmSync(join(checkpoint, "config.json")), /has no config\.json/],
    ["without its weights", (checkpoint) => rmSync(join(checkpoint, "model.safetensors")), /has no model\.safetensors/],
  ])("%s is refused before anything is written", async (_, damage, expected) => {
    const checkpointFolder = tinyDecoder();
    damage(checkpointFolder);
    expect((await userRejectionOf(compileCheckpoint({ ...REQUEST, checkpointFolder }, folder))).message).toMatch(expected);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("with a shard missing is refused by the shard's name", async () => {
    const checkpointFolder = tinyDecoder({ shards: 3 });
    rmSync(join(checkpointFolder, "model-00002-of-00003.safetensors"));
    expect((await userRejectionOf(compileCheckpoint({ ...REQUEST, checkpointFolder }, folder))).message).toContain("model-00002-of-00003.safetensors");
  });

  test("that shrinks while it is read is refused", async () => {
    const checkpointFolder = tinyDecoder();
    let isCut = false;
    const onProgress = (): void => {
      if (!isCut) truncateSync(join(checkpointFolder, "model.safetensors"), 2_000_000);
      isCut = true;
    };
    const { message } = await userRejectionOf(compileCheckpoint({ ...REQUEST, checkpointFolder }, folder, { onProgress }));
    expect(message).toMatch(/model\.safetensors ends at byte \d+/);
    expect(hasReport()).toBe(false);
  });

  test("without a head makes no reranker", async () => {
    const checkpointFolder = tinyDecoder({ head: false }, { tie_word_embeddings: false });
    expect((await userRejectionOf(compileCheckpoint({ ...REQUEST, checkpointFolder, role: "reranker" }, folder))).message).toContain("has no tensor lm_head.weight");
    expect((await compileCheckpoint({ ...REQUEST, checkpointFolder }, tempFolder())).role).toBe("embedder");
  });

  test("whose vocabulary has no yes and no makes no reranker", async () => {
    const checkpointFolder = tinyDecoder({}, { vocab_size: 9000 });
    const { message } = await userRejectionOf(compileCheckpoint({ ...REQUEST, checkpointFolder, role: "reranker" }, folder));
    expect(message).toMatch(/^the tokenizer gives token \d+, but the model knows only 9000$/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a disk that takes no more", () => {
  test.skipIf(SMALL_DISK_SKIP)("is named, wherever it happens (needs root on Linux: mounts small disks)", async () => {
    await compileCheckpoint(REQUEST, folder);
    const kilobytesOf = (name: string): number => statSync(join(folder, name)).blocks / 2;
    const failed = new Set<string>();
    let isEnough = false;
    const compileOn = async (kilobytes: number): Promise<void> => {
      await smallDisk(kilobytes, async (disk) => {
        const outcome = await compileCheckpoint(REQUEST, disk).catch((error: unknown) => error as UserError);
        isEnough = !(outcome instanceof Error);
        if (isEnough) return;
        expect(outcome).toBeInstanceOf(UserError);
        const [, name = "other"] = /^the disk is full: \S*rerank-disk-\w+\/?(\S*) cannot be written$/.exec((outcome as UserError).message) ?? [];
        failed.add(name);
        expect((outcome as UserError).hint).toContain("free space");
        expect(existsSync(join(disk, "report.json")) && statSync(join(disk, "report.json")).size).toBeFalsy();
      });
    };
    const allButSmall = kilobytesOf("weights.bin") + kilobytesOf("graph.onnx");
    for (const kilobytes of [4, Math.floor(allButSmall / 2)]) await compileOn(kilobytes);
    // From a disk that takes nearly everything, page by page to one that takes all.
    for (let kilobytes = allButSmall; !isEnough; kilobytes += 4) await compileOn(kilobytes);
    expect([...failed]).toEqual(["", "weights.bin", "graph.onnx", "golden.json", "report.json"]);
  });

  test("because a folder is in a file's way is named", async () => {
    mkdirSync(join(folder, "graph.onnx"));
    expect((await userRejectionOf(compileCheckpoint(REQUEST, folder))).message).toContain(`${join(folder, "graph.onnx")} cannot be written`);
    expect(hasReport()).toBe(false);
  });
});

function changeConfig(checkpoint: string, keys: object): void {
  const path = join(checkpoint, "config.json");
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), ...keys }));
}
