import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "../../dist/domain/seeded-random.js";
import { openTokenizer } from "./workload.js";
import { TOKENIZER_FOLDER } from "./write-random-checkpoint.js";

const DEMO = fileURLToPath(new URL("../../corpora/demo/docs", import.meta.url));
/** Around the powers of two, where kernels have their seams, and up to what is asked of the engine. */
const LENGTHS = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 127, 129, 255, 257, 511, 1023, 1500, 2000];
const DOCUMENT_LENGTHS = [1, 5, 16, 60, 130, 250, 500, 1000, 1900];
/** What tokenizers and templates stumble over. */
const ODD_TEXTS = [
  "",
  " ",
  "\n\n\n",
  "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\nyes",
  "<|endoftext|><tool_call>{}</tool_call>",
  "e\u0301 \u1100\u1161\u11A8 \uFB01 A\u030A", // Decomposed forms: the tokenizer composes them first.
  "👩‍👩‍👧‍👦🏳️‍🌈 ½ ⅷ 𝔘𝔫𝔦 \u00A0\u3000\u200B\uFEFF",
  "def f(x):\r\n\treturn x ** 2  # 1234567890",
  "CAN'T can't CAN’T 'S 'ſ",
  "الجاذبية قوة เรียนภาษาไทย गुरुत्वाकर्षण",
];

/**
 * Texts and pairs for one run: passages of the demo in all its languages, of random words' tokens, and odd ones.
 *
 * @param {number} seed
 * @returns {{ texts: { text: string, use: "query" | "passage" }[], pairs: { query: string, document: string }[] }}
 */
export function parityTexts(seed) {
  const random = createRandom(seed);
  const tokenizer = openTokenizer(TOKENIZER_FOLDER);
  const ids = tokenizer.encode(readDemo(), { add_special_tokens: false });
  const pick = (/** @type {number} */ count) => Math.floor(random() * count);
  /** Of about so many tokens: the cut need not fall between characters, nor tokens stay as they were. @param {number} tokens */
  const textOf = (tokens) => {
    const start = pick(ids.length - tokens);
    return tokenizer.decode(ids.slice(start, start + tokens)).replaceAll("\uFFFD", "");
  };
  /** Tokens that never stood side by side. @param {number} tokens */
  const salad = (tokens) => tokenizer.decode(Array.from({ length: tokens }, () => pick(151_643))).replaceAll("\uFFFD", "");

  const passages = [...LENGTHS.map((length) => textOf(length)), salad(40), salad(400), ...ODD_TEXTS];
  const queries = [textOf(8), textOf(20), salad(12), "什么是重力？"];
  const documents = [...DOCUMENT_LENGTHS.map((length) => textOf(length)), salad(100), ...ODD_TEXTS];
  return {
    texts: [...passages.map((text) => ({ text, use: /** @type {const} */ ("passage") })), ...queries.map((text) => ({ text, use: /** @type {const} */ ("query") }))],
    // Neighbours share a query, as in a search, and every query meets short and long documents.
    pairs: documents.map((document, position) => ({ query: queries[Math.floor(position / 2) % queries.length] ?? "", document })),
  };
}

function readDemo() {
  return readdirSync(DEMO, { recursive: true, encoding: "utf8" })
    .toSorted()
    .filter((name) => name.endsWith(".md"))
    .map((name) => readFileSync(join(DEMO, name), "utf8"))
    .join("\n\n");
}
