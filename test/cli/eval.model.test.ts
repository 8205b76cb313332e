// Loads the bundled models: metrics, resuming and comparing are tried through the built program, as a user would.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorkplace, type Run, type Workplace } from "./support/workplace.ts";

const CORPUS = [
  { _id: "descale", title: "Descaling a kettle", text: "Limescale is chalk: boil water with citric acid, wait, rinse twice." },
  { _id: "sharpen", title: "Sharpening a knife", text: "Hold the blade at fifteen degrees to the stone." },
  { _id: "tyre", title: "", text: "Check the pressure of the tyres before every ride." },
  { _id: "水壶", title: "水壶", text: "用柠檬酸煮沸可以去除水垢。" },
];
const QUERIES = [
  { _id: "q1", text: "how do I remove limescale?" },
  { _id: "q2", text: "at what angle is a knife sharpened?" },
  { _id: "q3", text: "怎样去除水垢?" },
];
const QRELS = "query-id\tcorpus-id\tscore\nq1\tdescale\t2\nq1\t水壶\t1\nq2\tsharpen\t1\nq3\t水壶\t2\nq3\tdescale\t1\n";
const jsonl = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");

let place: Workplace;
let first: Run;

beforeAll(async () => {
  place = createWorkplace({
    "kitchen/corpus.jsonl": jsonl(CORPUS),
    "kitchen/queries.jsonl": jsonl(QUERIES),
    "kitchen/qrels/test.tsv": QRELS,
    "docs/descale.md": `# ${CORPUS[0]!.title}\n\n${CORPUS[0]!.text}\n`,
    "docs/sharpen.md": `# ${CORPUS[1]!.title}\n\n${CORPUS[1]!.text}\n`,
    "own.yaml": "- query: how do I remove limescale?\n  expect: docs/descale.md\n- query: at what angle is a knife sharpened?\n  expect: [docs/sharpen.md]\n",
  });
  place.write({ "other.qrels": "zz 0 descale 1\n" });
  first = await place.rerank(["eval", "kitchen", "--json", "--run-out", "mine.run"]);
});

afterAll(() => place.remove());

describe("rerank eval on a BEIR folder", () => {
  test("prints each stage's measures, intervals and times, and the difference between the stages", () => {
    expect(first.exitCode).toBe(0);
    const report = JSON.parse(first.stdout);
    expect(report).toMatchObject({ version: 1, dataset: "kitchen", queries: 3, corpus: { documents: 4, passages: 4 } });
    expect(report.stages.map(({ name }: { name: string }) => name)).toEqual(["recall", "rerank"]);
    for (const stage of report.stages) {
      expect(stage.recall100).toBe(1);
      expect(stage.ci95.ndcg10[0]).toBeLessThanOrEqual(stage.ndcg10);
      expect(stage.ci95.ndcg10[1]).toBeGreaterThanOrEqual(stage.ndcg10);
      expect(stage.meanMs).toBeGreaterThan(0);
    }
    expect(report.stages[1].pairsPerSecond).toBeGreaterThan(0);
    expect(report.paired).toHaveLength(1);
    expect(report.models.embedder.id).toBe("mini");
  });

  test("uses what was answered before, says so, and asks again when told to", async () => {
    const again = await place.rerank(["eval", "kitchen", "--json"]);
    const before = JSON.parse(first.stdout);
    const after = JSON.parse(again.stdout);
    expect(after.stages).toEqual(before.stages);
    expect(after.notices.join()).toContain("all answers are of an earlier run");
    const fresh = JSON.parse((await place.rerank(["eval", "kitchen", "--json", "--fresh"])).stdout);
    expect(fresh.notices.join()).not.toContain("earlier run");
    expect(fresh.stages.map(({ ndcg10 }: { ndcg10: number }) => ndcg10)).toEqual(before.stages.map(({ ndcg10 }: { ndcg10: number }) => ndcg10));
  });

  test("goes on where a stopped run left off", async () => {
    const folder = place.path("..", "home", "cache", "rerank", "eval", "answers");
    const [journal = ""] = readdirSync(folder);
    const lines = readFileSync(join(folder, journal), "utf8").split("\n");
    // As a kill leaves it: one answer whole, the next one cut off.
    writeFileSync(join(folder, journal), `${lines[0]}\n${lines[1]?.slice(0, 100)}`);
    const resumed = JSON.parse((await place.rerank(["eval", "kitchen", "--json"])).stdout);
    expect(resumed.notices.join()).toContain("1 of 3 answers are of an earlier run");
    expect(resumed.stages[1].ndcg10).toBe(JSON.parse(first.stdout).stages[1].ndcg10);
  });

  test("writes a run that is worth the same when it is read back", async () => {
    const run = await place.rerank(["eval", "mine.run", "--qrels", "kitchen/qrels/test.tsv", "--json"]);
    expect(run.exitCode).toBe(0);
    const [stage] = JSON.parse(run.stdout).stages;
    const { ndcg10, mrr10, recall10, p1 } = JSON.parse(first.stdout).stages[1];
    expect(stage).toMatchObject({ ndcg10, mrr10, recall10, p1, meanMs: null });
  });

  test("asks a sample that is the same for the same seed, of a dataset as of a run", async () => {
    const sampleOf = async (seed: string) => {
      const run = await place.rerank(["eval", "kitchen", "--json", "--queries", "2", "--seed", seed, "--run-out", `${seed}.run`]);
      expect(JSON.parse(run.stdout)).toMatchObject({ queries: 2, settings: { seed: Number(seed) } });
      return [...new Set(readFileSync(place.path(`${seed}.run`), "utf8").split("\n").map((line) => line.split(" ")[0]))].filter((id) => id !== "");
    };
    const samples = new Set((await Promise.all(["1", "3"].map(sampleOf))).map((ids) => ids.join(" ")));
    expect(samples.size).toBe(2);
    const again = await place.rerank(["eval", "3.run", "--qrels", "kitchen/qrels/test.tsv", "--json", "--queries", "2", "--seed", "3"]);
    const { queries, notices } = JSON.parse(again.stdout);
    expect(queries).toBe(2);
    expect(notices.join()).not.toContain("has no answer");
  });

  test("makes its index in the cache again where it is damaged", async () => {
    const evaluations = place.path("..", "home", "cache", "rerank", "eval");
    const stores = readdirSync(evaluations, { recursive: true, encoding: "utf8" }).filter((name) => name.startsWith("kitchen") && name.endsWith("index.sqlite"));
    expect(stores).toHaveLength(1);
    writeFileSync(join(evaluations, stores[0]!), "this is no database, whatever its name says ".repeat(200));
    const run = await place.rerank(["eval", "kitchen", "--json"]);
    expect(run).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(run.stdout).stages[1].ndcg10).toBe(JSON.parse(first.stdout).stages[1].ndcg10);
  });

  test("tells runs of one tag and name apart, and refuses one that is named twice", async () => {
    const lines = readFileSync(place.path("mine.run"), "utf8");
    place.write({ "a/out.run": lines, "b/out.run": lines.replaceAll(/^(\S+ Q0 \S+ \d+) (\S+)/gm, (_line, start: string, score: string) => `${start} ${-Number(score)}`) });
    const both = JSON.parse((await place.rerank(["eval", "a/out.run", "b/out.run", "--qrels", "kitchen/qrels/test.tsv", "--json"])).stdout);
    expect(both.stages.map(({ name }: { name: string }) => name)).toEqual(["a/out.run", "b/out.run"]);
    expect(both.stages[0].ndcg10).toBeGreaterThan(both.stages[1].ndcg10);
    const twice = await place.rerank(["eval", "mine.run", "./mine.run", "--qrels", "kitchen/qrels/test.tsv"]);
    expect(twice).toMatchObject({ exitCode: 2 });
    expect(twice.stderr).toContain("named twice");
  });

  test("says at once that an instruction is not heard, and that a variant is the same as another", async () => {
    const run = await place.rerank(["eval", "kitchen", "--compare", "candidates=50", "instruct=Find recipes"]);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain("reads no instruction");
    expect(run.stderr).toContain('"instruct=Find recipes" comes to the same models and settings as "candidates=50"');
  });

  test("compares settings, and writes a report that needs nothing from elsewhere", async () => {
    const compared = await place.rerank(["eval", "kitchen", "--json", "--compare", "candidates=1", "hybrid", "--html", "report.html"]);
    expect(compared.exitCode).toBe(0);
    const { variants, differences } = JSON.parse(compared.stdout);
    expect(variants.map(({ label }: { label: string }) => label)).toEqual(["candidates=1", "hybrid"]);
    expect(variants[1].stages.map(({ name }: { name: string }) => name)).toEqual(["recall", "hybrid", "rerank"]);
    expect(differences).toHaveLength(1);
    expect(differences[0].kendallTau).toBeLessThanOrEqual(1);
    const html = readFileSync(place.path("report.html"), "utf8");
    expect(html).toContain("<svg");
    expect(html).not.toMatch(/(?:src|href)="https?:/);
  });
});

describe("rerank eval on queries of one's own", () => {
  test("asks the current index", async () => {
    await place.rerank(["index", "docs"]);
    const run = await place.rerank(["eval", "own.yaml", "--json"]);
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ queries: 2, corpus: { documents: 2 }, stages: [{ p1: 1 }, { p1: 1 }] });
  });

  test("indexes its documents anew where passages are to be cut otherwise, and leaves the index as it is", async () => {
    const before = (await place.rerank(["status", "--json"])).stdout;
    const run = await place.rerank(["eval", "own.yaml", "--json", "--passage-tokens", "64"]);
    expect(run.stderr).toContain("indexed anew in the cache folder");
    expect(JSON.parse(run.stdout)).toMatchObject({ queries: 2, settings: { passageTokens: 64 } });
    expect((await place.rerank(["status", "--json"])).stdout).toBe(before);
  });

  test("does not compare on files that have changed since they were indexed", async () => {
    place.write({ "docs/new.md": "# Bread\n\nBread rises in the warm.\n" });
    const run = await place.rerank(["eval", "own.yaml", "--compare", "candidates=5", "passage-tokens=48"]);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain("files have changed since the index was built");
    await place.rerank(["index"]);
    expect((await place.rerank(["eval", "own.yaml", "--compare", "candidates=5", "passage-tokens=48"])).exitCode).toBe(0);
  });

  test("names the line of a path that the index does not have", async () => {
    place.write({ "wrong.yaml": "- query: limescale\n  expect: docs/descaling.md\n" });
    const run = await place.rerank(["eval", "wrong.yaml"]);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toMatch(/wrong\.yaml:2: .*docs\/descaling\.md/);
    expect(run.stderr).toContain("hint:");
  });
});

describe("rerank eval refuses", () => {
  test.each([
    ["nothing to measure", ["eval"], "no dataset was named"],
    ["a dataset swallowed by --compare", ["eval", "--compare", "mini", "kitchen"], "no dataset was named"],
    ["a dataset that is not there", ["eval", "nowhere"], "does not exist"],
    ["run files without judgments", ["eval", "mine.run"], "need judgments"],
    ["run files with what only models could heed", ["eval", "mine.run", "--qrels", "kitchen/qrels/test.tsv", "--candidates", "3"], "--candidates would have no effect"],
    ["to write over its run", ["eval", "mine.run", "--qrels", "kitchen/qrels/test.tsv", "--html", "mine.run"], "would be overwritten"],
    ["to write over its judgments", ["eval", "mine.run", "--qrels", "kitchen/qrels/test.tsv", "--html", "./kitchen/qrels/../qrels/test.tsv"], "would be overwritten"],
    ["to write over its corpus", ["eval", "kitchen", "--html", "kitchen/corpus.jsonl"], "would be overwritten"],
    ["to write run and report into one file", ["eval", "kitchen", "--html", "same", "--run-out", "same"], "cannot hold both"],
    ["judgments that belong to another run", ["eval", "mine.run", "--qrels", "other.qrels"], "answers none of the queries"],
    ["a sample of nothing", ["eval", "kitchen", "--queries", "0"], "--queries"],
    ["a setting that does not exist", ["eval", "kitchen", "--compare", "candidate=3", "mini"], '"candidate"'],
    ["a value out of range, before anything is asked", ["eval", "kitchen", "--compare", "mini", "candidates=-3"], "candidates"],
    ["a report that could not be written", ["eval", "kitchen", "--html", "no/such/folder/report.html"], "cannot write"],
    ["two formats", ["eval", "kitchen", "--json", "--markdown"], "cannot be had at once"],
  ])("%s", async (_name, args, message) => {
    const run = await place.rerank(args);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toMatch(/\n\s+at /);
  });

  test.each([
    ["a judgment of an unknown document", { "qrels/test.tsv": "q1\tnobody\t1\n" }, /test\.tsv:1: .*nobody/],
    ["an id that stands twice", { "corpus.jsonl": jsonl([CORPUS[0]!, CORPUS[0]!]) }, /corpus\.jsonl:2: /],
    ["a line that is no JSON", { "queries.jsonl": '{"_id": "q1", "text": \n' }, /queries\.jsonl:1: /],
    ["an empty corpus", { "corpus.jsonl": "" }, /corpus\.jsonl/],
  ])("%s", async (_name, files, message) => {
    const broken = createWorkplace({ "corpus.jsonl": jsonl(CORPUS), "queries.jsonl": jsonl(QUERIES), "qrels/test.tsv": QRELS, ...files });
    try {
      const run = await broken.rerank(["eval", "."]);
      expect(run).toMatchObject({ exitCode: 2, stdout: "" });
      expect(run.stderr).toMatch(message);
    } finally {
      broken.remove();
    }
  });
});
