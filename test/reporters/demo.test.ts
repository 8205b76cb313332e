import { describe, expect, test } from "vitest";
import { demoReport, demoText } from "../../src/reporters/demo.ts";
import { widthOf } from "../../src/reporters/style.ts";
import { BILINGUAL, VIEW, plainTerminal, sampleResult } from "./sample-result.ts";

const demo = (columns: number) => demoReport(sampleResult(BILINGUAL), { ...VIEW, terminal: plainTerminal(columns) });

describe("demoReport", () => {
  test("shows the query, both orders, the best passages and the timings", () => {
    expect(demo(100)).toBe(
      `› capital of China

first stage, by similarity                         after reranking, by relevance
1 → 2  0.688  capitals/北京.md:3-7                 1  ↑2  0.99995  capitals/beijing.md:9-14
2 → 3  0.402  history/moon-landing.pdf p.3         2  ↓1  0.99992  capitals/北京.md:3-7
3 → 1  0.612  capitals/beijing.md:9-14             3  ↓1  –        history/moon-landing.pdf p.3

1  capitals/beijing.md:9-14  Beijing › Government › The capital city
   Beijing is the capital of the People's Republic of China.

2  capitals/北京.md:3-7  北京 🏯 › 历史沿革
   中华人民共和国的首都是北京。

3 of 50 candidates · embed 41 ms · recall 1 ms · rerank 2.9 s · mini
`,
    );
  });

  test("keeps the orders beside each other in 80 columns, by shortening paths from the left", () => {
    expect(demo(80)).toContain("2 → 3  0.402  …/moon-landing.pdf p.3     2  ↓1  0.99992  capitals/北京.md:3-7\n");
  });

  test.each([40, 60, 80, 160])("stays within %i columns", (columns) => {
    for (const line of demo(columns).split("\n")) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  });
});

test("demoText wraps paragraphs to the window", () => {
  expect(demoText(["one two three", "four"], plainTerminal(20))).toBe("one two three\n\nfour\n");
  expect(demoText(["one two three four five six"], plainTerminal(20))).toBe("one two three four\nfive six\n");
});
