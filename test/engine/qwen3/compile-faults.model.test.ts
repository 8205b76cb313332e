import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../../../src/domain/errors.ts";
import { compileCheckpoint } from "../../../src/engine/qwen3/compile-checkpoint.ts";
import { SMALL_DISK_SKIP, smallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { oneValue, tinyDecoder } from "../../support/tiny-decoder.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

const NO_TOKEN = 2152;
const YES_TOKEN = 9693;

const sound = tinyDecoder();

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

const REQUEST = { role: "embedder", precision: "fp32", checkpointFolder: sound } as const;
const hasReport = (): boolean => existsSync(join(folder, "report.json"));

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
