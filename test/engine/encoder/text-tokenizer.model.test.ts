import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { env, PreTrainedTokenizer } from "@huggingface/transformers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openTextTokenizer, type PrefixedText, type TextTokenizer } from "../../../src/engine/encoder/text-tokenizer.ts";
import { miniEmbedderSpec } from "../../support/mini-specs.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { tinyEmbedderSpec } from "../../support/tiny-bert-specs.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

function plain(text: string): PrefixedText {
  return { prefix: "", text };
}

const SAMPLES = [
  "Beijing is the capital of the People's Republic of China.",
  "  two  spaces\tand\r\nlines  ",
  "全角ＡＢＣ、半角ｶﾅ、㍿ と 𠮷野家 🍣👩‍👩‍👧",
  "Ünïcödé é vs é, ﬁne №5 ½",
  "</s> <s> <unk> <pad> ＜/s＞",
  "const a = b?.c ?? `x${y}`; // λ → ∀",
  "\u{12000}\u{12001} cuneiform is unknown \u{12002}",
  "",
];

describe("mini's tokenizer", () => {
  test("gives the ids that transformers.js gives", async () => {
    env.allowRemoteModels = false;
    const library = await PreTrainedTokenizer.from_pretrained(miniEmbedderSpec.folder, { local_files_only: true });
    const tokenizer = await openTextTokenizer(miniEmbedderSpec.folder);
    function check(text: string): void {
      expect(tokenizer.encode(plain(text), 100_000).ids).toEqual(library.encode(text));
      if (text === "") return;
      expect(tokenizer.encodePair(plain(text), plain(text), 100_000).ids).toEqual(library.encode(text, { text_pair: text }));
    }
    for (const text of SAMPLES) check(text);
    const sample = fc.oneof(fc.string({ unit: "binary", maxLength: 80 }), fc.string({ unit: fc.constantFrom(..."th eai nng▁的是一 "), maxLength: 80 }));
    fc.assert(fc.property(sample, check), { numRuns: 500, seed: 3 });
  });

  test("counts text of any length as the sum of its parts, prefixes and special tokens left out", async () => {
    const tokenizer = await openTextTokenizer(miniEmbedderSpec.folder);
    const sentence = "Beijing is the capital of the People's Republic of China. ";
    const one = tokenizer.count(sentence);
    expect(tokenizer.encode(plain(sentence), 512).ids).toHaveLength(one + 2);
    expect(tokenizer.count(sentence.repeat(5000))).toBe(5000 * one);
    expect(tokenizer.count("")).toBe(0);
  });

  test("counts ten million characters without white space", async () => {
    const tokenizer = await openTextTokenizer(miniEmbedderSpec.folder);
    expect(tokenizer.count("a".repeat(10_000_000))).toBeGreaterThan(1_000_000);
    // Three slices, each a word mark and one unknown run: no slice ends within a surrogate pair.
    expect(tokenizer.count("🍣".repeat(20_001))).toBe(6);
  });
});

describe("decoding", () => {
  /** Ids of a text as a client has them, without special tokens. */
  const bareIds = (tokenizer: TextTokenizer, text: string) => tokenizer.encode(plain(text), 100_000).ids.slice(1, -1);

  test.each([
    ["mini", miniEmbedderSpec.folder, "Beijing isn't the capital of the UK: it's China's (since 1949), 3.5 % …"],
    ["mini", miniEmbedderSpec.folder, "北京是中华人民共和国的首都，重力加速度约为9.8米。"],
    ["mini", miniEmbedderSpec.folder, "  two  spaces\tand\r\nlines; const a = b?.c ?? `x${y}`; // λ → ∀"],
    ["tiny BERT", tinyEmbedderSpec.folder, "red green blue [sep] red"],
  ])("%s reads the text behind its ids as the same ids (%#)", async (_model, folder, text) => {
    const tokenizer = await openTextTokenizer(folder);
    const ids = bareIds(tokenizer, text);
    expect(ids.length).toBeGreaterThan(3);
    expect(bareIds(tokenizer, tokenizer.decode(ids))).toEqual(ids);
    expect(tokenizer.decode(tokenizer.encode(plain(text), 100_000).ids)).toBe(tokenizer.decode(ids));
  });

  test("holds for any text of characters that the vocabulary knows", async () => {
    const tokenizer = await openTextTokenizer(miniEmbedderSpec.folder);
    const text = fc.string({ unit: fc.constantFrom(..."th eai nng.,'▁的是一 \n12é"), maxLength: 80 });
    fc.assert(
      fc.property(text, (sample) => {
        const ids = bareIds(tokenizer, sample);
        expect(bareIds(tokenizer, tokenizer.decode(ids))).toEqual(ids);
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  test("gives every id of the vocabulary its piece", async () => {
    const tokenizer = await openTextTokenizer(miniEmbedderSpec.folder);
    const { model } = JSON.parse(readFileSync(join(miniEmbedderSpec.folder, "tokenizer.json"), "utf8")) as { model: { vocab: [string, number][] } };
    const wrong = model.vocab.flatMap(([piece], id) => {
      const expected = id < 4 ? "" : piece.replaceAll("▁", " ").replace(/^ /, "");
      return tokenizer.decode([id]) === expected ? [] : [[id, piece, tokenizer.decode([id])]];
    });
    expect(wrong).toEqual([]);
  });

  test.each([-1, 1.5, 1e9, Number.NaN])("names an id that there is not (%d)", async (id) => {
    for (const folder of [miniEmbedderSpec.folder, tinyEmbedderSpec.folder]) {
      const tokenizer = await openTextTokenizer(folder);
      expect(userErrorOf(() => tokenizer.decode([5, id])).message).toBe(`the model's tokenizer has no token ${id}`);
    }
  });
});

describe("an XLM-R tokenizer, whose vocabulary holds its control symbols", () => {
  const vocab = [
    ["<s>", 0], ["<pad>", 0], ["</s>", 0], ["<unk>", 0],
    ["▁", -2], ["<", -3], [">", -3], ["s", -3], ["/", -3], ["▁a", -2], ["a", -3], ["b", -3], ["ab", -5],
  ];
  const special = (content: string, id: number) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true });

  async function openXlmR() {
    const folder = tempFolder();
    const tokenizer = {
      added_tokens: [special("<s>", 0), special("<pad>", 1), special("</s>", 2), special("<unk>", 3), special("<mask>", 13)],
      normalizer: { type: "NFKC" },
      pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
      post_processor: { type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0], trim_offsets: true, add_prefix_space: true },
      decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
      model: { type: "Unigram", unk_id: 3, vocab },
    };
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
    writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify({ bos_token: "<s>", mask_token: { content: "<mask>" } }));
    return openTextTokenizer(folder);
  }

  test.each(["</s>", "＜/s＞", "a</s><s>b", "<pad><unk><mask>"])("text cannot write %s", async (text) => {
    const { ids } = (await openXlmR()).encode(plain(text), 100);
    expect([ids[0], ids.at(-1)]).toEqual([0, 2]);
    for (const id of ids.slice(1, -1)) expect([0, 1, 2, 13]).not.toContain(id);
  });

  test("the template writes them", async () => {
    expect((await openXlmR()).encodePair(plain("a"), plain("b"), 100).ids).toEqual([0, 9, 2, 2, 4, 11, 2]);
  });

  test("neighbouring unknown characters are one unknown token", async () => {
    expect((await openXlmR()).encode(plain("a??b"), 100).ids).toEqual([0, 9, 3, 11, 2]);
  });

  test("of equally probable splits the one that the library takes is taken", async () => {
    // "▁a" + "b" is -5, "▁" + "ab" is -7.
    expect((await openXlmR()).encode(plain("ab"), 100).ids).toEqual([0, 9, 11, 2]);
  });
});
