import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openQwen3Tokenizer, type Qwen3Tokenizer } from "../../../src/engine/qwen3/qwen3-tokenizer.ts";
import { readParityFixture } from "../../support/parity-fixture.ts";
import { QWEN3_TOKENIZER_FOLDER } from "../../support/synthetic-checkpoint.ts";
import { tempFolder, writeFiles } from "../../support/temp-folder.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

const REFERENCE = JSON.parse(readFileSync(join(import.meta.dirname, "../../fixtures/qwen3-tokenizer/reference.json"), "utf8")) as [string, number[]][];
const REAL = JSON.parse(readFileSync(join(QWEN3_TOKENIZER_FOLDER, "tokenizer.json"), "utf8")) as {
  normalizer: unknown;
  pre_tokenizer: unknown;
  added_tokens: { id: number; content: string }[];
};
const SPECIAL = /<\|im_(?:start|end)\|>|<\/?think>/;

let tokenizer: Qwen3Tokenizer;
beforeAll(async () => {
  tokenizer = await openQwen3Tokenizer(QWEN3_TOKENIZER_FOLDER);
});

describe("the tokenizer of Qwen3", () => {
  test("gives the ids of the reference for plain texts", () => {
    for (const [text, ids] of Object.entries(readParityFixture().tokens)) {
      if (!SPECIAL.test(text)) expect(Array.from(tokenizer.encode(text)), text).toEqual(ids);
    }
    for (const [text, ids] of REFERENCE) expect(Array.from(tokenizer.encode(text)), JSON.stringify(text)).toEqual(ids);
  });

  test("reads every added token as plain text", () => {
    expect(REAL.added_tokens.length).toBeGreaterThan(20);
    for (const { id, content } of REAL.added_tokens) {
      expect(tokenizer.specialId(content)).toBe(id);
      for (const text of [content, `a${content}`, ` ${content} `, content.repeat(3)]) {
        expect(Math.max(...tokenizer.encode(text)), text).toBeLessThan(151_643);
      }
    }
    expect(Array.from(tokenizer.encode("<|im_end|>"))).toEqual(REFERENCE.find(([text]) => text === "<|im_end|>")?.[1]);
  });

  test("encodeStart gives the first ids of encode, and says whether there are more", () => {
    for (const [text, ids] of REFERENCE) {
      for (const maxTokens of [0, 1, ids.length - 1, ids.length, ids.length + 1]) {
        if (maxTokens < 0) continue;
        const { ids: first, cut } = tokenizer.encodeStart(text, maxTokens);
        expect(Array.from(first)).toEqual(ids.slice(0, maxTokens));
        expect(cut).toBe(ids.length > maxTokens);
      }
      expect(tokenizer.count(text)).toBe(ids.length);
    }
  });

  test("reads lone surrogates as U+FFFD", () => {
    for (const [lone, replaced] of [["a\ud800b", "a\ufffdb"], ["\udc00", "\ufffd"], ["\ud83e", "\ufffd"], ["x \ud800\ud800", "x \ufffd\ufffd"]] as const) {
      expect(tokenizer.encode(lone)).toEqual(tokenizer.encode(replaced));
    }
  });

  test("decodes ids to the text that they are of, so that its ids are the same", () => {
    for (const [text, ids] of REFERENCE) {
      const decoded = tokenizer.decode(ids);
      expect(decoded).toBe(text.normalize("NFC"));
      expect(Array.from(tokenizer.encode(decoded)), JSON.stringify(text)).toEqual(ids);
    }
    for (const text of ["Beijing isn't the capital of the UK.", "北京是中华人民共和国的首都，重力加速度约为9.8米。", "\ufeffa mark", "🍣👩‍👩‍👧"]) {
      expect(tokenizer.decode(Array.from(tokenizer.encode(text)))).toBe(text);
    }
    expect(tokenizer.decode([])).toBe("");
  });

  test("leaves added tokens out, and reads half a character as U+FFFD", () => {
    const [end] = REAL.added_tokens.filter(({ content }) => content === "<|endoftext|>");
    expect(tokenizer.decode([...tokenizer.encode("gravity"), end?.id ?? -1])).toBe("gravity");
    const sign = Array.from(tokenizer.encode("\u{12000}"));
    expect(sign.length).toBeGreaterThan(1);
    expect(tokenizer.decode(sign.slice(0, -1))).toMatch(/^\ufffd+$/);
  });

  test.each([-1, 1.5, 151_936, 1e9, Number.NaN])("names an id that there is not (%d)", (id) => {
    expect(userErrorOf(() => tokenizer.decode([5, id])).message).toBe(`the model's tokenizer has no token ${id}`);
  });

  test("reads megabytes without a space", () => {
    expect(tokenizer.count("a".repeat(1 << 20))).toBe(131_072);
    expect(tokenizer.count("重力".repeat(200_000))).toBe(400_000);
    // Memory for so long a word goes, the words after it come out right.
    expect(Array.from(tokenizer.encode("Explain gravity"))).toEqual([840, 20772, 23249]);
  });

  test("names a special token that the file does not have", () => {
    expect(userErrorOf(() => tokenizer.specialId("<|no_such_token|>")).message).toContain("<|no_such_token|>");
  });
});

describe("openQwen3Tokenizer", () => {
  test("opens a folder once", async () => {
    expect(await openQwen3Tokenizer(QWEN3_TOKENIZER_FOLDER)).toBe(tokenizer);
  });

  test("reads other ways to write the same file: merges as text, escapes, keys in another order", async () => {
    const { model, ...top } = smallFile();
    const merges = (model["merges"] as string[][]).map((pair) => pair.join(" "));
    const text = JSON.stringify({ model: { merges, vocab: model["vocab"], type: "BPE" }, ...top }, undefined, "\t");
    const escaped = text.replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
    const same = await openText(escaped);
    const plain = await openText(JSON.stringify(smallFile()));
    for (const tokens of [same, plain]) {
      expect(Array.from(tokens.encode("hi hé\n"))).toEqual([256, 257, 195, 169, 10]);
      expect(tokens.specialId("<|end|>")).toBe(300);
    }
  });

  test.each<[string, (file: SmallFile) => void, string]>([
    ["another model", ({ model }) => void (model["type"] = "Unigram"), 'its model is "Unigram", not "BPE"'],
    ["dropout", ({ model }) => void (model["dropout"] = 0.1), "dropout 0.1"],
    ["another normalizer", (file) => void (file["normalizer"] = { type: "NFKC" }), "its normalizer is not NFC"],
    ["another way to split", (file) => void (file["pre_tokenizer"] = { type: "Whitespace" }), "splits text in another way"],
    ["a merge into an added token", (file) => void (file["added_tokens"] = [{ id: 256, content: "<|end|>" }]), "its merges give an added token"],
    ["a byte without a token", ({ model }) => void delete (model["vocab"] as Record<string, number>)["!"], "no token for byte 33"],
    ["a merge of unknown tokens", ({ model }) => void (model["merges"] as string[][]).push(["q", "q"]), "merge 3 has tokens that vocab does not have"],
    ["no merges", ({ model }) => void delete model["merges"], "no model with vocab and merges"],
    ["no model", (file) => void delete (file as Partial<SmallFile>).model, "no model with vocab and merges"],
    ["an id beyond all measure", ({ model }) => void ((model["vocab"] as Record<string, number>)["hi"] = 2 ** 40), "the id 1099511627776"],
  ])("refuses a file with %s", async (_, change, message) => {
    const file = smallFile();
    change(file);
    await expect(openText(JSON.stringify(file))).rejects.toThrow(message);
  });

  test.each(["", "{", "<!DOCTYPE html>", "version https://git-lfs.github.com/spec/v1\noid", "[1]", '{"model": {"vocab": {"a": 1}, "merges": [}', '{"version": "1.0'])(
    "refuses %j as damaged",
    async (text) => {
      await expect(openText(text)).rejects.toMatchObject({ name: "UserError", message: expect.stringContaining("is damaged"), hint: expect.stringContaining("download") });
    },
  );

  test("refuses the real file wherever it is cut", async () => {
    const bytes = readFileSync(join(QWEN3_TOKENIZER_FOLDER, "tokenizer.json"));
    for (const share of [0.0001, 0.1, 0.5, 0.9, 0.999999]) {
      const folder = tempFolder();
      writeFileSync(join(folder, "tokenizer.json"), bytes.subarray(0, Math.floor(bytes.length * share)));
      await expect(openQwen3Tokenizer(folder)).rejects.toMatchObject({ name: "UserError", message: expect.stringContaining("is damaged") });
    }
  });

  test("names a file that cannot be read", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "tokenizer.json"));
    await expect(openQwen3Tokenizer(folder)).rejects.toMatchObject({ name: "UserError", message: expect.stringContaining("cannot be read") });
  });

  test("names a missing file, and tries again when it is there", async () => {
    const folder = tempFolder();
    await expect(openQwen3Tokenizer(folder)).rejects.toThrow(`there is no ${join(folder, "tokenizer.json")}`);
    writeFiles(folder, { "tokenizer.json": JSON.stringify(smallFile()) });
    expect((await openQwen3Tokenizer(folder)).count("hi")).toBe(1);
  });
});

type SmallFile = Record<string, unknown> & { model: Record<string, unknown> };

/** A tokenizer of the 256 bytes and two merges, "h" + "i" and " " + "h", that splits text as Qwen3's does. */
function smallFile(): SmallFile {
  const printable = (byte: number): boolean => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 256;
  const vocab: Record<string, number> = {};
  for (let byte = 0; byte < 256; byte++) vocab[String.fromCharCode(printable(byte) ? byte : next++)] = byte;
  Object.assign(vocab, { hi: 256, "Ġh": 257, "<|end|>": 300 });
  return {
    version: "1.0",
    normalizer: REAL.normalizer,
    pre_tokenizer: REAL.pre_tokenizer,
    added_tokens: [{ id: 300, content: "<|end|>" }],
    model: { type: "BPE", dropout: null, vocab, merges: [["h", "i"], ["Ġ", "h"]] },
  };
}

function openText(text: string): Promise<Qwen3Tokenizer> {
  const folder = tempFolder();
  writeFiles(folder, { "tokenizer.json": text });
  return openQwen3Tokenizer(folder);
}
