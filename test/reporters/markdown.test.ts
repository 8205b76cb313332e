import { expect, test } from "vitest";
import { markdownReport } from "../../src/reporters/markdown.ts";
import { BILINGUAL, VIEW, sampleResult } from "./sample-result.ts";

test("lists results with link, headings, numbers and a quotation", () => {
  expect(markdownReport(sampleResult(BILINGUAL), VIEW).replaceAll("**", "")).toBe(
    `## capital of China

1. [capitals/beijing.md:9-14](capitals/beijing.md) — Beijing › Government › The capital city${"  "}
   relevance 0.99995, similarity 0.612, ↑2

   > Beijing is the capital of the People's Republic of China.

2. [capitals/北京.md:3-7](capitals/%E5%8C%97%E4%BA%AC.md) — 北京 🏯 › 历史沿革${"  "}
   relevance 0.99992, similarity 0.688, ↓1

   > 中华人民共和国的首都是北京。

3. [history/moon-landing.pdf p.3](history/moon-landing.pdf) — Moon landing${"  "}
   not reranked, similarity 0.402, ↓1

   > Apollo 11 landed in 1969.
`,
  );
});

test("marks the matching words", () => {
  expect(markdownReport(sampleResult(BILINGUAL), VIEW)).toContain("**capital**");
});

test("says so when there is no result", () => {
  expect(markdownReport(sampleResult([]), VIEW)).toBe("## capital of China\n\nNo results.\n");
});

test("lets nothing of a document become markup", () => {
  const output = markdownReport(
    sampleResult([{ path: "a (b)#c?.md", headings: ["# [x](y) | <b>"], text: "<script>alert(1)</script> `code` *star*\n# not a heading" }]),
    VIEW,
  );
  expect(output).toContain("[a (b)#c?.md:1-3](a%20%28b%29%23c%3F.md) — \\# \\[x\\](y) \\| \\<b\\>");
  expect(output).toContain("> \\<script\\>alert(1)\\</script\\> \\`code\\` \\*star\\* # not a heading");
});

test("links no standard input, and survives names that no address can hold", () => {
  const output = markdownReport(sampleResult([{ path: "-", similarity: null }, { path: "lone\ud800.md" }]), VIEW);
  expect(output).toContain("1. \\<stdin\\>:1-3");
  expect(output).toContain("(lone%EF%BF%BD.md)");
});
