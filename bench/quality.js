// nDCG@10 of both stages on a retrieval set in BEIR layout, through the same pipelines as the command line.
//
//   npm run build && node bench/quality.js corpora/demo ../shared/eval/medline --queries 100 --seed 7
//
// Documents become files in a temporary folder (corpora/demo has its own), a document counts with its best passage, and
// intervals are 95 % bootstraps over queries.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { indexFolders, openIndex } from "../dist/index.js";
import { ndcgAt } from "../dist/domain/metrics.js";
import { createRandom } from "./seeded-random.js";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    queries: { type: "string", default: "100" },
    seed: { type: "string", default: "7" },
    candidates: { type: "string", default: "50" },
    models: { type: "string", default: "mini" },
    "passage-tokens": { type: "string" },
    hybrid: { type: "boolean", default: false },
  },
});
if (positionals.length === 0) throw new Error("name at least one folder with queries.jsonl and qrels/test.tsv");

const lines = (file) => readFileSync(file, "utf8").split("\n").filter((line) => line.trim() !== "");
const records = (file) => lines(file).map((line) => JSON.parse(line));

function sample(items, count, random) {
  const pool = [...items];
  for (let i = pool.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [pool[i], pool[j]] = [pool[j], pool[i]];
  }
  return pool.slice(0, count);
}

function readJudgments(folder) {
  const judgments = new Map();
  for (const line of lines(join(folder, "qrels", "test.tsv")).slice(1)) {
    const [queryId, documentId, grade] = line.split("\t");
    if (!judgments.has(queryId)) judgments.set(queryId, new Map());
    judgments.get(queryId).set(documentId, Number(grade));
  }
  return judgments;
}

/** Puts the set's documents below `work/docs` and tells which document a path is. */
function layOut(folder, work) {
  if (existsSync(join(folder, "docs"))) {
    symlinkSync(resolve(folder, "docs"), join(work, "docs"));
    return (path) => path.replace(/^docs\//, "");
  }
  mkdirSync(join(work, "docs"));
  const ids = new Map();
  const isCode = basename(resolve(folder)).startsWith("cosqa");
  for (const [position, { _id, title, text }] of records(join(folder, "corpus.jsonl")).entries()) {
    const name = `${position}.${isCode ? "py" : "md"}`;
    // A title that comes from a file's name would tell the models a number: documents without one get an empty heading instead.
    writeFileSync(join(work, "docs", name), title ? `# ${title}\n\n${text}\n` : `${text}\n`);
    ids.set(`docs/${name}`, _id);
  }
  return (path) => ids.get(path) ?? path;
}

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

function interval(numbers, random) {
  const means = Array.from({ length: 2000 }, () => mean(numbers.map(() => numbers[Math.floor(random() * numbers.length)])));
  means.sort((a, b) => a - b);
  return [means[50], means[1949]];
}

const documentOrder = (ranked, idOf) => [...new Set(ranked.map(({ passage }) => idOf(passage.path)))];
const show = (number) => number.toFixed(3);

console.log("| set (queries) | documents / passages | recall | + reranker | difference, 95 % interval | index s | ms a query |");
console.log("|---|---|---|---|---|---|---|");
for (const folder of positionals) {
  const work = mkdtempSync(join(tmpdir(), "rerank-quality-"));
  const random = createRandom(Number(values.seed));
  const idOf = layOut(folder, work);
  const startedAt = performance.now();
  await indexFolders({
    cwd: work,
    paths: ["docs"],
    models: values.models,
    follow: true,
    ...(values["passage-tokens"] && { passageTokens: Number(values["passage-tokens"]) }),
  });
  const indexSeconds = (performance.now() - startedAt) / 1000;
  const judgments = readJudgments(folder);
  const queries = sample(records(join(folder, "queries.jsonl")).filter(({ _id }) => judgments.has(_id)), Number(values.queries), random);
  const index = await openIndex(work, { recall: "exact" });
  const candidateCount = Number(values.candidates);
  const scores = [];
  const elapsed = [];
  for (const { _id, text } of queries) {
    const { results, timings } = await index.search(text, { candidateCount, resultCount: candidateCount, hybrid: values.hybrid });
    const recalled = results.toSorted((a, b) => a.recallRank - b.recallRank);
    const qrels = judgments.get(_id);
    scores.push([ndcgAt(documentOrder(recalled, idOf), qrels, 10), ndcgAt(documentOrder(results, idOf), qrels, 10)]);
    elapsed.push(timings.totalMs);
  }
  const differences = scores.map(([recall, rerank]) => (rerank - recall) * 100);
  const [low, high] = interval(differences, random);
  const { documents, passages } = index.counts();
  console.log(
    `| ${basename(resolve(folder))} (${queries.length}) | ${documents} / ${passages} | ${show(mean(scores.map(([r]) => r)))} | ${show(mean(scores.map(([, r]) => r)))} ` +
      `| ${mean(differences).toFixed(1)} [${low.toFixed(1)}, ${high.toFixed(1)}] | ${indexSeconds.toFixed(1)} | ${mean(elapsed).toFixed(0)} |`,
  );
  await index.close();
  rmSync(work, { recursive: true, force: true });
}
