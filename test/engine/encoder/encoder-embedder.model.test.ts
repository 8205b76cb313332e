import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/domain/errors.ts";
import type { EncoderSpec } from "../../../src/domain/model-spec.ts";
import { openEncoderEmbedder } from "../../../src/engine/encoder/encoder-embedder.ts";
import { miniEmbedderSpec } from "../../support/mini-specs.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { tinyEmbedderSpec } from "../../support/tiny-bert-specs.ts";

async function embedTiny(text: string, changes: Partial<EncoderSpec> = {}): Promise<number[]> {
  const embedder = await openEncoderEmbedder({ ...tinyEmbedderSpec, ...changes });
  return [...(await embedder.embed(text, { use: "passage", textNumber: 1 })).vector];
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 6);
}

function unit(...values: number[]): number[] {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

async function failure(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("a generic BERT encoder", () => {
  // [CLS] is (3, 4, 0), [SEP] (0, 3, 4), red (1, 0, 0), green (0, 1, 0).
  test("mean pooling averages all tokens, special ones included", async () => {
    expectClose(await embedTiny("red green"), unit(3 + 1, 4 + 3 + 1, 4));
  });

  test("cls pooling takes the first token, last pooling the last one", async () => {
    expectClose(await embedTiny("red", { pooling: "cls" }), [0.6, 0.8, 0]);
    expectClose(await embedTiny("red", { pooling: "last" }), [0, 0.6, 0.8]);
  });

  test("without pooling the graph's own text vector is normalized", async () => {
    expectClose(await embedTiny("red", { pooling: "none", output: "sums" }), unit(4, 7, 4));
  });

  test("half-precision outputs are read as numbers", async () => {
    expectClose(await embedTiny("red", { pooling: "none", output: "half_sums" }), unit(4, 7, 4));
  });

  test("prefixes stand before a text according to its use", async () => {
    const embedder = await openEncoderEmbedder({ ...tinyEmbedderSpec, queryPrefix: "red ", passagePrefix: "green " });
    const query = await embedder.embed("blue", { use: "query", textNumber: 1 });
    const passage = await embedder.embed("blue", { use: "passage", textNumber: 1 });
    expectClose([...query.vector], await embedTiny("red blue"));
    expectClose([...passage.vector], await embedTiny("green blue"));
  });

  test("a text of exactly the limit is whole; one token more is cut and says so", async () => {
    const embedder = await openEncoderEmbedder(tinyEmbedderSpec);
    const whole = await embedder.embed("red ".repeat(10), { use: "passage", textNumber: 1 });
    const cut = await embedder.embed("red ".repeat(11), { use: "passage", textNumber: 1 });
    expect([whole.truncated, cut.truncated]).toEqual([false, true]);
    expect(cut.vector).toEqual(whole.vector);
  });

  test("tells the tokens that were read, prefix and special tokens among them, at most the limit", async () => {
    const embedder = await openEncoderEmbedder({ ...tinyEmbedderSpec, queryPrefix: "red " });
    const tokensOf = async (text: string, use: "query" | "passage") => (await embedder.embed(text, { use, textNumber: 1 })).tokens;
    expect(await tokensOf("blue green", "passage")).toBe(4);
    expect(await tokensOf("blue green", "query")).toBe(5);
    expect(await tokensOf("blue ".repeat(50), "passage")).toBe(12);
  });

  test.each(["[SEP]", "[CLS] [MASK]", "[SEP][PAD]"])("%s in a text is text, not a control symbol", async (text) => {
    const embedder = await openEncoderEmbedder(tinyEmbedderSpec);
    expect(embedder.countTokens(text)).toBe(text.match(/\w+|[[\]]/g)?.length);
    expect(await embedTiny("[SEP]")).toEqual(await embedTiny("[ sep ]"));
  });
});

describe("a model that fails", () => {
  test.each(["poison", "endless"])("a vector that is not finite names the model and the text (%s)", async (text) => {
    const embedder = await openEncoderEmbedder(tinyEmbedderSpec);
    const error = await failure(embedder.embed(text, { use: "passage", textNumber: 17 }));
    expect(error.message).toMatch(/text 17 by tiny-bert is NaN/);
  });

  test.each<[string, Partial<EncoderSpec>, RegExp]>([
    ["other dimensions", { dimensions: 4 }, /shape \[1, 5, 3\], not \[1, tokens, 4\]/],
    ["pooling none on token vectors", { pooling: "none" }, /shape \[1, 5, 3\], not \[1, 3\]/],
    ["pooling on a text vector", { output: "sums" }, /shape \[1, 3\], not \[1, tokens, 3\]/],
  ])("%s: the shape that was found and the one that was wanted", async (_case, changes, message) => {
    const error = await failure(embedTiny("red green blue", changes));
    expect(error.message).toMatch(message);
    expect(error.hint).toBeDefined();
  });

  test("an output that the graph does not have", async () => {
    const error = await failure(openEncoderEmbedder({ ...tinyEmbedderSpec, output: "pooler_output" }));
    expect(error.message).toMatch(/no output "pooler_output", only last_hidden_state, sums/);
  });

  test("a graph file that is missing, and one that is no graph", async () => {
    const folder = tempFolder();
    const missing = await failure(openEncoderEmbedder({ ...tinyEmbedderSpec, graphPath: join(folder, "none.onnx") }));
    expect(missing.message).toMatch(/none\.onnx cannot be read/);
    writeFileSync(join(folder, "text.onnx"), "version https://git-lfs.github.com/spec/v1\n");
    const damaged = await failure(openEncoderEmbedder({ ...tinyEmbedderSpec, graphPath: join(folder, "text.onnx") }));
    expect(damaged.message).toMatch(/cannot load .*text\.onnx/);
    expect(damaged.hint).toBeDefined();
  });

  test("a graph whose weights beside it are missing", async () => {
    const graphPath = join(tempFolder(), "embedder.onnx");
    copyFileSync(miniEmbedderSpec.graphPath, graphPath);
    expect((await failure(openEncoderEmbedder({ ...miniEmbedderSpec, graphPath }))).message).toMatch(/embedder\.onnx/);
  });

  test("a tokenizer that is missing, damaged, or of an unknown kind", async () => {
    const folder = tempFolder();
    const spec = { ...tinyEmbedderSpec, folder };
    expect((await failure(openEncoderEmbedder(spec))).message).toMatch(/has no tokenizer\.json/);
    writeFileSync(join(folder, "tokenizer.json"), '{"model": ');
    expect((await failure(openEncoderEmbedder(spec))).message).toMatch(/tokenizer\.json is not JSON/);
    writeFileSync(join(folder, "tokenizer.json"), '{"model": {"type": "Surprise"}}');
    expect((await failure(openEncoderEmbedder(spec))).message).toMatch(/not a tokenizer that can be used/);
  });
});

describe("mini", () => {
  const texts = [
    "Beijing is the capital of the People's Republic of China.",
    "北京是中华人民共和国的首都。",
    "Descale the kettle with citric acid once a month.",
    "如何用柠檬酸给水壶除垢",
    "",
    "\uD800 a lone surrogate \uDC00",
    "x".repeat(5000),
  ];

  test("vectors have unit length and are the same bit for bit alone, in any order and among neighbours", async () => {
    const embedder = await openEncoderEmbedder(miniEmbedderSpec);
    const forwards = [];
    for (const text of texts) forwards.push(await embedder.embed(text, { use: "passage", textNumber: 1 }));
    for (const { vector } of forwards) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    for (const [position, text] of [...texts.entries()].reverse()) {
      const again = await (await openEncoderEmbedder(miniEmbedderSpec)).embed(text, { use: "passage", textNumber: 1 });
      expect(again).toEqual(forwards[position]);
    }
  });

  test("texts that mean the same are nearer than others, across languages too", async () => {
    const embedder = await openEncoderEmbedder(miniEmbedderSpec);
    async function cosines(query: string): Promise<number[]> {
      const { vector } = await embedder.embed(query, { use: "query", textNumber: 1 });
      const found = [];
      for (const text of texts.slice(0, 4)) {
        const passage = (await embedder.embed(text, { use: "passage", textNumber: 1 })).vector;
        found.push(vector.reduce((sum, value, i) => sum + value * (passage[i] ?? 0), 0));
      }
      return found;
    }
    const [capital = 0, capitalZh = 0, kettle = 0, kettleZh = 0] = await cosines("What is the capital of China?");
    expect(capital).toBeGreaterThan(Math.max(kettle, kettleZh) + 0.05);
    expect(capitalZh).toBeGreaterThan(Math.max(kettle, kettleZh));
    const chinese = await cosines("怎样去除水垢?");
    expect(chinese[3]).toBeGreaterThan(Math.max(...chinese.slice(0, 3)) + 0.05);
  });

  test("long texts are cut and say so; short ones are not", async () => {
    const embedder = await openEncoderEmbedder(miniEmbedderSpec);
    expect((await embedder.embed("short", { use: "passage", textNumber: 1 })).truncated).toBe(false);
    expect((await embedder.embed("word ".repeat(520), { use: "passage", textNumber: 1 })).truncated).toBe(true);
    expect((await embedder.embed(`${" ".repeat(20_000)}word${"\n".repeat(20_000)}`, { use: "passage", textNumber: 1 })).truncated).toBe(false);
    expect((await embedder.embed("很长".repeat(5_000_000), { use: "passage", textNumber: 1 })).truncated).toBe(true);
  });
});
