import { expect, test } from "vitest";
import { compiledJson, compiledLine, modelsText, type ModelLine } from "../../src/reporters/models-report.ts";
import { compileReport } from "../support/qwen3-folders.ts";
import { plainTerminal } from "./sample-result.ts";

const LINE: ModelLine = {
  name: "qwen3-embedding-0.6b",
  role: "embedder",
  presets: ["qwen3-0.6b"],
  state: "here",
  sizeBytes: 1_200_000_000,
  repo: "Qwen/Qwen3-Embedding-0.6B",
  licence: "Apache-2.0",
  languages: "about 100",
};

test.each([
  [{ compiled: [] }, "in cache, not compiled"],
  [{ compiled: ["fp32", "int8"] }, "fp32, int8 compiled"],
  [{}, "here"],
  [{ state: "absent" }, "not here"],
] as [Partial<ModelLine>, string][])("the list shows %j as %s", (more, expected) => {
  const text = modelsText([{ ...LINE, ...more }], plainTerminal(120));
  expect(text.split("\n")[1]).toMatch(new RegExp(`qwen3-embedding-0.6b +${expected} +1.2 GB +~100 languages, Apache-2.0`));
});

const LIST: readonly ModelLine[] = [
  { ...LINE, state: "here", compiled: ["int8"] },
  { ...LINE, name: "paraphrase-multilingual-MiniLM-L12-v2", languages: "about 50" },
  { ...LINE, name: "jina-reranker-v2-base-multilingual", role: "reranker", state: "absent", licence: "CC-BY-NC-4.0 (not for commercial use)" },
  { ...LINE, name: "qwen3-reranker-4b", role: "reranker", state: "damaged", problem: "model.safetensors is cut short: bring it again, all of its nineteen shards" },
];

test.each([
  [120, "(not for commercial use)", "nothing"],
  [100, "~100 languages, CC-BY-NC-4.0", "commercial"],
  [76, "Apache-2.0", "languages"],
  [56, "1.2 GB", "Apache"],
  [40, "paraphrase-multilingual-MiniLM-L12-v2\n  here · 1.2 GB", "Apache"],
])("on a terminal of %i columns the list fits, with what there is room for", (columns, shown, left) => {
  const text = modelsText(LIST, plainTerminal(columns));
  expect(text).toContain(shown);
  expect(text).not.toContain(left);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
  // What is wrong with a model is told whole, below it.
  expect(text.replaceAll(/\s+/g, " ")).toContain("damaged");
  expect(text.replaceAll(/\s+/g, " ")).toContain("model.safetensors is cut short: bring it again, all of its nineteen shards bring one");
});

test("in a pipe the list has all of a model on its line", () => {
  expect(modelsText(LIST, { ...plainTerminal(40), isTerminal: false })).toMatch(/^jina-reranker-v2-base-multilingual +not here +1\.2 GB +~100 languages, CC-BY-NC-4\.0 \(not for commercial use\)$/m);
});

test("what is to be done about what is not ready is said once", () => {
  expect(modelsText([{ ...LINE, compiled: [] }, { ...LINE, state: "absent" }], plainTerminal(80))).toMatch(/\nbring or compile one: rerank models pull <name>\n$/);
  expect(modelsText([{ ...LINE, compiled: ["int8"] }], plainTerminal(80))).not.toContain("pull");
});

const compiled = { id: "qwen3-0.6b:int8", folder: "/c", sizeBytes: 641_000_000, seconds: 92 };

test.each([
  [compileReport({ role: "embedder", precision: "int8" }), "int8, 641 MB in 1 min 32 s; cosine to fp32 at least 0.99951"],
  [compileReport({ role: "reranker", precision: "int8" }), "int8, 641 MB in 1 min 32 s; relevances differ by at most 0.0042 from fp32, Kendall tau 0.998"],
  [
    compileReport({ role: "reranker", precision: "int8" }, { precision: "fp32", maxRelevanceDifference: null }),
    "fp32 (int8 could not keep the bound), 641 MB in 1 min 32 s",
  ],
])("what compiling gave is one line", (report, expected) => {
  expect(compiledLine({ ...report, ...compiled })).toBe(`qwen3-0.6b:int8: ${expected}\n`);
});

test("as JSON it is one line without the choices for every matrix", () => {
  const json = compiledJson({ ...compileReport({ role: "embedder", precision: "int8" }), ...compiled });
  expect(json.endsWith("}\n")).toBe(true);
  expect(JSON.parse(json)).toMatchObject({ id: "qwen3-0.6b:int8", folder: "/c", precision: "int8", minCosine: 0.99951 });
  expect(json).not.toContain("matrices");
});
