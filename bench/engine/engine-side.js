// This engine, both models loaded side by side in one process as the inference child has them: one JSON line on stdout.
//
//   node engine-side.js MODELS_JSON WORKLOAD_JSON THREADS load|measure
//
// MODELS_JSON holds the specs: { embedder, reranker }. "load" measures nothing but the loading.
import { readFileSync } from "node:fs";
import { openEmbedder, openReranker } from "../../dist/engine/open-model.js";
import { measurePerItem, peakMemoryMb } from "./measure.js";

const [modelsPath = "", workloadPath = "", threads = "0", task = "measure"] = process.argv.slice(2);
const specs = JSON.parse(readFileSync(modelsPath, "utf8"));
const workload = JSON.parse(readFileSync(workloadPath, "utf8"));

/** @template T @param {() => Promise<T>} open @returns {Promise<{ model: T, ms: number }>} */
async function timed(open) {
  const startedAt = performance.now();
  return { model: await open(), ms: performance.now() - startedAt };
}

const { model: embedder, ms: embedderMs } = await timed(() => openEmbedder(specs.embedder, { threads: Number(threads) }));
const { model: reranker, ms: rerankerMs } = await timed(() => openReranker(specs.reranker, { threads: Number(threads) }));
const loadMs = { embedder: embedderMs, reranker: rerankerMs };
const result = task === "load" ? { loadMs } : { loadMs, ...(await measure()), peakMemoryMb: peakMemoryMb() };
process.stdout.write(`${JSON.stringify(result)}\n`);

async function measure() {
  const { query, queries, documents, documents130, longDocuments, passages, passageTokens, secondsPerFigure } = workload;
  const judge = (/** @type {string} */ question, /** @type {string} */ text) => reranker.judge({ query: question, text, textNumber: 1 });
  const embed = (/** @type {string} */ text) => embedder.embed(text, { use: "passage", textNumber: 1 });
  const perPair = (/** @type {string[]} */ texts, /** @type {(text: string, position: number) => unknown} */ work) => measurePerItem(texts, work, secondsPerFigure);
  /** A query of its own for each text: nothing is reused. @param {string[]} texts */
  const alone = (texts) => perPair(texts, (text, position) => judge(queries[position], text));
  /** One query that was not asked before: its tokens count once. @param {string[]} texts @param {string} question */
  const together = (texts, question) => perPair(texts, (text) => judge(question, text));

  await judge("warm up", documents[0]);
  await judge("warm up", longDocuments[0]);
  await embed(longDocuments[0]);

  const figures = {
    pairMs: await alone(documents),
    pairMsPrefix: await together(documents, `${query} 1`),
    pairMsPrefix130: await together(documents130, `${query} 2`),
    longPairMs: await alone(longDocuments),
    longPairMsPrefix: await together(longDocuments, `${query} 3`),
  };
  /** @type {Record<string, number>} */
  const embedTokensPerSecond = {};
  for (const [tokens, texts] of Object.entries(passages)) {
    const tokenSum = passageTokens[tokens].reduce((/** @type {number} */ sum, /** @type {number} */ count) => sum + count, 0);
    embedTokensPerSecond[tokens] = (1000 * tokenSum) / texts.length / (await perPair(texts, embed));
  }
  // What the precisions answer, to be compared with fp32.
  const judgments = [];
  for (const text of documents) judgments.push(await judge(query, text));
  const vectors = [];
  for (const text of [...passages[50], ...passages[200]].slice(0, 20)) vectors.push([...(await embed(text)).vector]);
  const [, second] = judgments;
  return {
    ...figures,
    embedTokensPerSecond,
    relevances: judgments.map(({ relevance }) => relevance),
    vectors,
    computedTokens: second?.computedTokens ?? null,
    savedTokens: second?.savedTokens ?? null,
  };
}
