import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkpointBytes, openCheckpoint } from "../../../src/engine/qwen3/open-checkpoint.ts";
import { rewriteSmall, smallCheckpoint } from "../../support/small-checkpoint.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

const Q_PROJ = "model.layers.1.self_attn.q_proj.weight";

describe("openCheckpoint on damaged files", () => {
  test("refuses a truncated file, naming the tensor that is cut", () => {
    const folder = smallCheckpoint();
    const path = join(folder, "model.safetensors");
    truncateSync(path, checkpointBytes(folder) - 10);
    const error = userErrorOf(() => openCheckpoint(folder));
    expect(error.message).toContain(path);
    expect(error.message).toMatch(/tensor model\.norm\.weight ends at byte \d+, but the file has only \d+ bytes/);
    expect(error.hint).toContain("download the model again");
  });

  test("says it when the file becomes shorter while it is open", () => {
    const folder = smallCheckpoint();
    const checkpoint = openCheckpoint(folder);
    truncateSync(join(folder, "model.safetensors"), 4000);
    expect(userErrorOf(() => checkpoint.tensor("norm.weight").readFloat32()).message).toContain("ends at byte");
    checkpoint.close();
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ["an empty file", "", /8 bytes at least, this one 0/],
    ["HTML", "<!DOCTYPE html><html><body>Sign in</body></html>", /is a web page/],
    ["a Git LFS pointer", `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 12\n`, /Git LFS pointer/],
    ["random bytes", Uint8Array.from({ length: 400 }, (_, at) => (at * 77 + 13) % 256), /header would be \d+ bytes long/],
    ["a header longer than the file", withHeader("{}", 500), /header is 500 bytes long, but the whole file only 10/],
    ["a header that is not JSON", withHeader('{"a": tru}'), /header is not JSON/],
    ["a header that is not UTF-8", withHeader(Buffer.from([0x7b, 0xff, 0x7d])), /header is not JSON/],
    ["a header that is a list", withHeader("[]"), /not a JSON object/],
    ["an entry that is null", withHeader('{"a": null}'), /entry of tensor a/],
    ["negative offsets", withHeader('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}'), /entry of tensor a/],
    ["an unknown format", withHeader('{"a": {"dtype": "Q4_K", "shape": [1], "data_offsets": [0, 4]}}'), /number format Q4_K/],
    ["bytes that do not fit the shape", withHeader('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}'), /takes 8 bytes, but has 4/],
    [
      "tensors that overlap",
      withHeader('{"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}, "b": {"dtype": "U8", "shape": [4], "data_offsets": [2, 6]}}'),
      /tensor b begins at byte \d+, within tensor a/,
    ],
    ["a shape beyond all measure", withHeader('{"a": {"dtype": "F32", "shape": [9007199254740991, 9007199254740991], "data_offsets": [0, 4]}}'), /takes .* bytes/],
    ["bytes after the last tensor", Buffer.concat([withHeader("{}"), Buffer.alloc(10)]), /the file has 20 bytes/],
  ])("refuses %s in place of safetensors", (_, content, message) => {
    const folder = smallCheckpoint();
    const path = join(folder, "model.safetensors");
    rmSync(path);
    writeFileSync(path, content);
    const error = userErrorOf(() => openCheckpoint(folder));
    expect(error.message).toMatch(message);
    expect(error.message).toContain(path);
    expect(error.hint).toBeTruthy();
  });

  test("names tensor, expected shape and found shape when config.json is another model's", () => {
    const error = userErrorOf(() => openCheckpoint(smallCheckpoint({ config: { intermediate_size: 64 } })));
    expect(error.message).toContain("tensor model.layers.0.mlp.gate_proj.weight must be [64, 32] by config.json, but is [48, 32]");
    expect(error.hint).toContain("same revision");
  });

  test("names the tensor that is not there", () => {
    const folder = smallCheckpoint();
    rewriteSmall(folder, (entries) => entries.filter(({ name }) => name !== Q_PROJ));
    expect(userErrorOf(() => openCheckpoint(folder)).message).toContain("no tensor layers.1.self_attn.q_proj.weight");
  });

  test("names a tensor that is there with and without the prefix", () => {
    const folder = smallCheckpoint();
    rewriteSmall(folder, (entries) => entries.flatMap((entry) => (entry.name === Q_PROJ ? [entry, { ...entry, name: Q_PROJ.slice(6) }] : entry)));
    expect(userErrorOf(() => openCheckpoint(folder)).message).toContain("is there twice");
  });

  test("refuses quantized weights", () => {
    const folder = smallCheckpoint();
    rewriteSmall(folder, (entries) =>
      entries.map((entry) => (entry.name === Q_PROJ ? { ...entry, dtype: "F8_E4M3", bytes: () => new Uint8Array(64 * 32) } : entry)),
    );
    expect(userErrorOf(() => openCheckpoint(folder)).message).toContain(`tensor ${Q_PROJ} must be BF16, F16 or F32, but is F8_E4M3`);
  });

  test("names a missing shard, a missing file and a missing folder", () => {
    const folder = smallCheckpoint({ shards: 3 });
    rmSync(join(folder, "model-00002-of-00003.safetensors"));
    for (const act of [() => openCheckpoint(folder), () => checkpointBytes(folder)]) {
      const error = userErrorOf(act);
      expect(error.message).toBe(`the model folder ${folder} has no model-00002-of-00003.safetensors`);
      expect(error.hint).toContain("download the model again");
    }
    const bare = smallCheckpoint();
    rmSync(join(bare, "model.safetensors"));
    writeFileSync(join(bare, "pytorch_model.bin"), "");
    expect(userErrorOf(() => openCheckpoint(bare)).hint).toContain("not .bin or .gguf");
    expect(userErrorOf(() => checkpointBytes(join(bare, "nowhere"))).message).toContain("nowhere");
    expect(userErrorOf(() => openCheckpoint(tempFolder())).message).toContain("no config.json");
  });

  test("names a link whose file is gone", () => {
    const folder = smallCheckpoint();
    rmSync(join(folder, "model.safetensors"));
    symlinkSync(join(folder, "gone"), join(folder, "model.safetensors"));
    for (const act of [() => openCheckpoint(folder), () => checkpointBytes(folder)]) {
      expect(userErrorOf(act).message).toContain("model.safetensors");
    }
  });

  test("names a folder in place of a file", () => {
    const folder = smallCheckpoint();
    rmSync(join(folder, "model.safetensors"));
    mkdirSync(join(folder, "model.safetensors"));
    expect(userErrorOf(() => openCheckpoint(folder)).message).toContain("is not a file");
  });

  test("refuses shards whose index names what they do not hold, or files elsewhere", () => {
    const folder = smallCheckpoint({ shards: 2 });
    const path = join(folder, "model.safetensors.index.json");
    const index = JSON.parse(readFileSync(path, "utf8")) as { weight_map: Record<string, string> };
    index.weight_map["model.norm.weight"] = index.weight_map["model.norm.weight"]?.includes("00001-") ? "model-00002-of-00002.safetensors" : "model-00001-of-00002.safetensors";
    writeFileSync(path, JSON.stringify(index));
    expect(userErrorOf(() => openCheckpoint(folder)).message).toContain("does not hold tensor model.norm.weight");
    for (const weightMap of [{ a: "../model.safetensors" }, { a: 1 }, "x", undefined]) {
      writeFileSync(path, JSON.stringify({ weight_map: weightMap }));
      expect(userErrorOf(() => openCheckpoint(folder)).message).toContain("no weight_map");
    }
  });
});

function withHeader(text: string | Uint8Array, length?: number): Buffer {
  const bytes = Buffer.from(text as string);
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(length ?? bytes.length));
  return Buffer.concat([head, bytes]);
}
