import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { judgeCurve, type SurvivalPoint } from "../../src/domain/survival.ts";
import type { Tuning } from "../../src/pipeline/tune-result.ts";
import { widthOf } from "../../src/reporters/style.ts";
import type { Terminal } from "../../src/reporters/terminal.ts";
import { tuneJson, tuneText } from "../../src/reporters/tune-report.ts";

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(readFileSync(new URL("../../docs/tune.schema.json", import.meta.url), "utf8")) as object);

const PIPE: Terminal = { isTerminal: false, columns: 80, colors: false, hyperlinks: false, unicode: true };

function point(candidates: number, survival: number, dimensions = 384): SurvivalPoint {
  return { candidates, dimensions, survival, ci95: [Math.max(0, survival - 0.03), Math.min(1, survival + 0.02)], meanMs: candidates * 30, p95Ms: candidates * 37 };
}

interface Changes extends Partial<Tuning> {
  readonly goal?: { readonly keep?: number; readonly budgetMs?: number };
}

function tuning({ goal = {}, ...changes }: Changes = {}): Tuning {
  const points = changes.points ?? [point(5, 0.485), point(10, 0.82), point(20, 0.9495), point(30, 0.96), point(50, 0.985), point(200, 1)];
  const keep = goal.keep ?? 0.95;
  const model = (id: string) => ({ id, revision: "1", precision: "int8", fingerprint: `${id}-1` });
  return {
    queries: [
      { text: "how do I remove limescale?", source: "file" },
      { text: "轮胎气压", source: "file" },
    ],
    passages: 4812,
    pool: 200,
    keep,
    budgetMs: goal.budgetMs ?? null,
    seed: 7,
    instruction: null,
    points,
    verdict: judgeCurve(points, { keep, passages: changes.passages ?? 4812, ...(goal.budgetMs !== undefined && { budgetMs: goal.budgetMs }) }),
    current: { candidates: 50, dimensions: 384 },
    models: { embedder: model("mini"), reranker: model("mini") },
    notices: [],
    ...changes,
  };
}

const SIZES = [512, 256, 128, 64, 32];
const CUT = tuning({
  points: [5, 10, 30, 50].flatMap((count) => SIZES.map((size, position) => point(count, count < 30 ? count / 20 : position > 2 ? 0.5 : 0.97, size))),
  current: { candidates: 50, dimensions: 512 },
});

describe("tuneText", () => {
  test("marks the setting found in the curve, and says what it means", () => {
    expect(tuneText(tuning(), [], PIPE)).toBe(`2 queries · the nearest 200 of 4,812 passages judged for each · mini

candidates      kept  95 % interval    mean     p95  0.45       kept        1.00
    5         48.5 %       [45, 51]  150 ms  185 ms  ├─┼┤
   10         82.0 %       [79, 84]  300 ms  370 ms                  ├┼┤
   20         94.9 %       [92, 97]  600 ms  740 ms                        ├─┼┤
→  30         96.0 %       [93, 98]  900 ms   1.1 s                         ├┼┤
   50 as now  98.5 %      [96, 100]   1.5 s   1.9 s                          ├┼┤
  200          100 %      [97, 100]   6.0 s   7.4 s                           ├┼

30 candidates keep 96.0 % of the reranker's top 10 [93, 98] in 900 ms (p95 1.1 s); 50, as now, take 1.5 s.
note: 2 queries are few: the intervals are too narrow
`);
  });

  test.each([20, 40, 80, 120])("stays within %i columns, with every number", (columns) => {
    for (const each of [tuning(), CUT]) {
      const text = tuneText(each, [], { ...PIPE, isTerminal: true, columns });
      const lines = text.split("\n");
      // A word of a sentence, or two columns, are the least that a line holds.
      if (columns >= 40) expect(lines.filter((line) => widthOf(line) > columns)).toEqual([]);
      for (const { survival } of each.points) expect(text).toContain(survival === 1 ? "100 %" : `${(Math.floor(survival * 1000 + 1e-6) / 10).toFixed(1)} %`);
    }
  });

  test("without Unicode nothing else is used", () => {
    // oxlint-disable-next-line no-control-regex
    expect(tuneText(CUT, [], { ...PIPE, unicode: false })).toMatch(/^[\x00-\x7f]*$/);
  });

  test("shows what each length of vectors keeps, and that a shorter one is found", () => {
    const text = tuneText(CUT, [], PIPE);
    expect(text).toContain("Kept by vectors cut to so many numbers:\ncandidates     512     256       128      64      32\n");
    expect(text).toMatch(/^ 30 +97\.0 % +97\.0 % +→ 97\.0 % +50\.0 % +50\.0 %$/m);
    expect(text).toContain("30 candidates of vectors cut to 128 numbers keep 97.0 %");
    expect(text).toContain("; 50 of 512 numbers, as now, take 1.5 s.\n");
  });

  test("says it where the setting of today is the one", () => {
    const text = tuneText(tuning({ current: { candidates: 30, dimensions: 384 } }), [], PIPE);
    expect(text).toContain("30 candidates, as now, keep 96.0 % of the reranker's top 10 [93, 98] in 900 ms (p95 1.1 s).\n");
    expect(text).toMatch(/^→ +30 as now /m);
  });

  test("compares with nothing where searches recall more than was tried, and with all there is in a small index", () => {
    expect(tuneText(tuning({ current: { candidates: 500, dimensions: 384 } }), [], PIPE)).not.toContain("as now");
    const small = tuning({ current: { candidates: 500, dimensions: 384 }, passages: 200 });
    expect(tuneText(small, [], PIPE)).toContain("all 200 passages judged for each");
    expect(tuneText(small, [], PIPE)).toContain("; 200, as now, take 6.0 s.");
  });

  test("shows no interval of a single query, and says why", () => {
    const points = [point(5, 0.5), point(20, 0.96), point(200, 1)].map((each) => ({ ...each, ci95: null }));
    const queries = [{ text: "one", source: "argument" }] as const;
    expect(tuneText(tuning({ points, queries }), [], PIPE)).toBe(`1 query · the nearest 200 of 4,812 passages judged for each · mini

candidates    kept    mean     p95
    5       50.0 %  150 ms  185 ms
→  20       96.0 %  600 ms  740 ms
  200        100 %   6.0 s   7.4 s

20 candidates keep 96.0 % of the reranker's top 10 in 600 ms (p95 740 ms).
note: 1 query is few: no interval follows from it
`);
    const record = JSON.parse(tuneJson(tuning({ points, queries }), [])) as Record<string, unknown>;
    expect(validate(record), JSON.stringify(validate.errors)).toBe(true);
    expect(record).toMatchObject({ recommendation: { ci95: null }, notices: ["1 query is few: no interval follows from it"] });
  });

  test("has nothing to say of twenty queries", () => {
    const queries = Array.from({ length: 20 }, (_, number) => ({ text: `query ${number}`, source: "file" }) as const);
    expect(tuneText(tuning({ queries }), [], PIPE)).not.toContain("few");
    expect(JSON.parse(tuneJson(tuning({ queries }), []))).toMatchObject({ notices: [] });
  });

  test("within a budget that is too small, says what comes closest", () => {
    const text = tuneText(tuning({ goal: { budgetMs: 800 } }), [], PIPE);
    expect(text).toContain("No setting keeps 95.0 % within 800 ms. 20 candidates keep 94.9 % of the reranker's top 10 [92, 97] in 600 ms (p95 740 ms): raise --budget, or lower --keep.\n");
    expect(text).not.toContain("→");
    expect(tuneText(tuning({ goal: { budgetMs: 1 } }), [], PIPE)).toContain("Not even 5 candidates are judged within 1 ms: they take 185 ms (p95).");
  });

  test("recommends nothing where only all that were tried keep the share, and asks for more", () => {
    const few = { points: [point(5, 0.5), point(10, 0.8), point(15, 1)], pool: 15 };
    const text = tuneText(tuning(few), [], PIPE);
    expect(text).toMatch(/\nOnly all 15 candidates keep 95\.0 % of a top 10 that was taken from them: some of it may lie beyond\. Try more: --max-candidates 30\.\n/);
    expect(text).not.toContain("→");
    expect(tuneText(tuning({ ...few, passages: 20 }), [], PIPE)).toContain("--max-candidates 20.");
    expect(tuneText(tuning({ ...few, passages: 15 }), [], PIPE)).toContain("\n15 candidates, as now, keep 100 %");
  });

  test("has no advice where nothing can get lost", () => {
    const points = [point(5, 5 / 7), point(7, 1)];
    expect(tuneText(tuning({ points, pool: 7, passages: 7 }), [], PIPE)).toContain("7 passages and a top 10: the index is too small for anything to get lost.");
    expect(tuneText(tuning({ points, pool: 7 }), [], PIPE)).toContain("The top 10 of 7 candidates is all of them: raise --max-candidates.");
  });

  test("names the file of what was written, whatever its name holds", () => {
    const written = [{ key: "candidates", value: 30, file: "/home/ana/\u001b[31m/config.json" }] as const;
    expect(tuneText(tuning(), written, PIPE)).toMatch(/\ncandidates 30: wrote \/home\/ana\/\\x1b\[31m\/config\.json\n$/);
  });
});

describe("tuneJson", () => {
  test.each([
    ["kept", tuning()],
    ["kept", CUT],
    ["too-little", tuning({ goal: { budgetMs: 800 } })],
    ["too-slow", tuning({ goal: { budgetMs: 1 } })],
    ["too-few-tried", tuning({ points: [point(10, 0.8), point(15, 1)], pool: 15 })],
    ["too-few-passages", tuning({ points: [point(5, 1)], pool: 5, passages: 5 })],
  ])("is as the schema says: %s", (outcome, each) => {
    const written = [{ key: "candidates", value: 30, file: "/c.json" }] as const;
    const text = tuneJson(each, written);
    const record = JSON.parse(text) as Record<string, unknown>;
    expect(validate(record), JSON.stringify(validate.errors)).toBe(true);
    expect(record).toMatchObject({ version: 1, outcome, written });
    expect(record["recommendation"] === null).toBe(outcome !== "kept");
    expect(record["closest"] === null).toBe(outcome === "kept" || outcome === "too-few-passages");
    expect(text.endsWith("}\n")).toBe(true);
  });

  test("tells no digits that nobody can use", () => {
    const points = [{ ...point(20, 2 / 3), ci95: [1 / 3, 0.7] as const, meanMs: 1685.4199280000003, p95Ms: 1700.00004 }];
    const record: unknown = JSON.parse(tuneJson(tuning({ points }), []));
    const rounded = { candidates: 20, dimensions: 384, survival: 0.666667, ci95: [0.333333, 0.7], meanMs: 1685.42, p95Ms: 1700 };
    expect(record).toMatchObject({ points: [rounded], closest: rounded });
  });

  test("keeps control characters of queries from the terminal", () => {
    const text = tuneJson(tuning({ queries: [{ text: "a\u001b[2J\u009b", source: "argument" }] }), []);
    expect(["\u001b", "\u009b"].filter((control) => text.includes(control))).toEqual([]);
  });
});
