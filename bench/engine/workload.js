import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PreTrainedTokenizer } from "@huggingface/transformers";
import { createRandom } from "../../dist/domain/seeded-random.js";

const DEMO = fileURLToPath(new URL("../../corpora/demo/docs", import.meta.url));
const SYSTEM =
  '<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n';
const ANSWER = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";
const INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query";
const QUERY_TOKENS = 10;
/** All of a pair's tokens: system prompt, instruction, query, document, answer. */
const PAIR_TOKENS = 185;
const LONG_DOCUMENT_TOKENS = 500;

/**
 * The texts that every side reads, in English prose of the demo, the same on every run.
 *
 * @param {string} tokenizerFolder
 * @param {boolean} quick a quarter of the texts
 */
export function createWorkload(tokenizerFolder, quick) {
  const tokenizer = openTokenizer(tokenizerFolder);
  const count = (/** @type {string} */ text) => tokenizer.encode(text, { add_special_tokens: false }).length;
  const textOf = createTexts(tokenizer);
  const share = (/** @type {number} */ texts) => (quick ? Math.ceil(texts / 4) : texts);
  const texts = (/** @type {number} */ number, /** @type {number} */ tokens) => Array.from({ length: share(number) }, () => textOf(tokens));

  const queries = texts(20, QUERY_TOKENS);
  const query = queries[0] ?? "";
  const aroundDocument = count(SYSTEM) + count(`<Instruct>: ${INSTRUCTION}\n<Query>: ${query}\n<Document>: `) + count(ANSWER);
  const documents = texts(20, PAIR_TOKENS - aroundDocument);
  const longDocuments = texts(8, LONG_DOCUMENT_TOKENS);
  const documents130 = texts(20, 130);
  const passages = { 50: texts(32, 50), 200: texts(12, 200), 500: texts(6, 500) };
  return {
    instruction: INSTRUCTION,
    system: SYSTEM,
    answer: ANSWER,
    query,
    /** One for each document, for the runs that shall share no prefix. */
    queries,
    documents,
    documents130,
    longDocuments,
    passages,
    /** Tokens of each passage, with the one at its end. */
    passageTokens: Object.fromEntries(Object.entries(passages).map(([tokens, group]) => [tokens, group.map((text) => count(text) + 1)])),
    /** After this time a side stops and divides by what it has done. */
    secondsPerFigure: quick ? 10 : 60,
    pairTokens: aroundDocument + mean(documents.map(count)),
    longPairTokens: aroundDocument + mean(longDocuments.map(count)),
  };
}

/** @param {string} folder */
export function openTokenizer(folder) {
  const read = (/** @type {string} */ name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
  return new PreTrainedTokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
}

/** Texts of a given number of tokens, no two the same: sentences in a seeded order, cut between tokens. @param {PreTrainedTokenizer} tokenizer */
function createTexts(tokenizer) {
  const random = createRandom(20);
  const sentences = readdirSync(DEMO, { recursive: true, encoding: "utf8" })
    .toSorted()
    .filter((name) => name.endsWith(".md"))
    .flatMap((name) => readFileSync(join(DEMO, name), "utf8").split(/(?<=[.!?])\s+/))
    .map((sentence) => sentence.replace(/\s+/g, " ").trim())
    .filter((sentence) => /^[A-Z][ -~]{30,200}[.!?]$/.test(sentence));
  return (/** @type {number} */ tokens) => {
    let text = "";
    // A token is at least one character, and rarely more than six.
    while (text.length < tokens * 7) text += `${text === "" ? "" : " "}${sentences[Math.floor(random() * sentences.length)]}`;
    return tokenizer.decode(tokenizer.encode(text, { add_special_tokens: false }).slice(0, tokens)).trim();
  };
}

/** @param {readonly number[]} values */
const mean = (values) => Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
