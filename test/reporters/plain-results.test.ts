import { expect, test } from "vitest";
import { plainResults } from "../../src/reporters/plain-results.ts";
import { BILINGUAL, VIEW, sampleResult } from "./sample-result.ts";

test("says place and numbers in words, then headings and text, each on a line of its own", () => {
  expect(plainResults(sampleResult(BILINGUAL), VIEW)).toBe(`3 results for "capital of China"
1. capitals/beijing.md, lines 9 to 14, relevance 0.99995, up 2 from 3
   Beijing, Government, The capital city
   Beijing is the capital of the People's Republic of China.
2. capitals/北京.md, lines 3 to 7, relevance 0.99992, down 1 from 1
   北京 🏯, 历史沿革
   中华人民共和国的首都是北京。
3. history/moon-landing.pdf, page 3, similarity 0.402, not reranked
   Moon landing
   Apollo 11 landed in 1969.

`);
});

test("says so when there is no result", () => {
  expect(plainResults(sampleResult([]), VIEW)).toBe('no results for "capital of China"\n\n');
});

test("says where the budget has cut the judging short", () => {
  expect(plainResults({ ...sampleResult(BILINGUAL), partial: true, judged: 2, candidates: 50 }, VIEW)).toMatch(
    /^3 results for "capital of China", 2 of 50 candidates judged within the budget\n/,
  );
});

test("lets no control character through", () => {
  const output = plainResults(sampleResult([{ path: "a\u001b[2Jb.md", headings: ["x\u0007"], text: "one\u001b]0;x\u0007 two" }]), VIEW);
  // oxlint-disable-next-line no-control-regex
  expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});
