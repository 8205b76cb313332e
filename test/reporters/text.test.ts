import { describe, expect, test } from "vitest";
import { textReport } from "../../src/reporters/text.ts";
import { widthOf } from "../../src/reporters/style.ts";
import type { Terminal } from "../../src/reporters/terminal.ts";
import { BILINGUAL, VIEW, plainTerminal, sampleResult, type SamplePassage } from "./sample-result.ts";

function text(samples: readonly SamplePassage[], columns: number, overrides: Partial<Terminal> = {}): string {
  return textReport(sampleResult(samples), { ...VIEW, terminal: plainTerminal(columns, overrides) });
}

describe("textReport", () => {
  test("puts everything about a result beside its numbers at 80 columns", () => {
    expect(text(BILINGUAL, 80)).toBe(
      `#  move  rel      sim    passage
1    ↑2  0.99995  0.612  capitals/beijing.md:9-14  … › The capital city
                         Beijing is the capital of the People's Republic of
                         China.

2    ↓1  0.99992  0.688  capitals/北京.md:3-7  北京 🏯 › 历史沿革
                         中华人民共和国的首都是北京。

3    ↓1  –        0.402  history/moon-landing.pdf p.3
                         not reranked  Moon landing
                         Apollo 11 landed in 1969.

`,
    );
  });

  test("spells the column names out at 160 columns", () => {
    expect(text(BILINGUAL, 160)).toBe(
      `#  move  relevance  similarity  passage
1    ↑2  0.99995    0.612       capitals/beijing.md:9-14  Beijing › Government › The capital city
                                Beijing is the capital of the People's Republic of China.

2    ↓1  0.99992    0.688       capitals/北京.md:3-7  北京 🏯 › 历史沿革
                                中华人民共和国的首都是北京。

3    ↓1  –          0.402       history/moon-landing.pdf p.3  not reranked  Moon landing
                                Apollo 11 landed in 1969.

`,
    );
  });

  test("puts the text below the numbers at 40 columns", () => {
    expect(text(BILINGUAL, 40)).toBe(
      `#  move  rel      sim
1    ↑2  0.99995  0.612
  capitals/beijing.md:9-14
  … › Government › The capital city
  Beijing is the capital of the People's
  Republic of China.

2    ↓1  0.99992  0.688
  capitals/北京.md:3-7
  北京 🏯 › 历史沿革
  中华人民共和国的首都是北京。

3    ↓1  –        0.402
  history/moon-landing.pdf p.3
  not reranked  Moon landing
  Apollo 11 landed in 1969.

`,
    );
  });

  test("prints the same in a pipe, without the header and the blank line at the end", () => {
    const piped = text(BILINGUAL, 80, { isTerminal: false });
    expect(piped).toBe(text(BILINGUAL, 80).split("\n").slice(1, -2).join("\n") + "\n");
  });

  test("is empty without results", () => {
    expect(text([], 80)).toBe("");
  });

  test("keeps long paths whole and puts what follows below them", () => {
    const path = `${"very/long/".repeat(8)}北京.md`;
    const output = text([{ path, headings: ["Heading"], text: "Text." }], 80);
    expect(output).toContain(`${path}:1-3\n                        Heading\n`);
  });

  test("never lets a heading run beyond the edge", () => {
    const headings = ["北京市的历史与地理概况 🏯".repeat(4), "Second level that is long enough to be cut at any width ".repeat(3)];
    for (const columns of [40, 60, 80, 100, 160]) {
      for (const line of text([{ headings, logit: null }, { headings, truncated: true }], columns).split("\n")) {
        expect(widthOf(line), line).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("shows at most three lines of a text", () => {
    const output = text([{ text: "北京是中国的首都。 Beijing is the capital. ".repeat(60) }], 80);
    expect(output.split("\n")).toHaveLength(1 + 1 + 3 + 2);
    for (const line of output.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(80);
  });

  test("ends a text that goes on with an ellipsis, unless a sentence ends there", () => {
    const more = "\nand then there is a second line which is far too long to be shown as well".repeat(3);
    expect(text([{ text: `The capital of China${more}` }], 80)).toContain("The capital of China…\n");
    expect(text([{ text: `The capital of China.${more}` }], 80)).toContain("The capital of China.\n");
  });

  test("marks a passage that the reranker read in part", () => {
    expect(text([{ truncated: true, headings: ["Title"] }], 80)).toContain("file-1.md:1-3  truncated  Title\n");
  });

  test("marks nothing as not reranked when nothing was to be", () => {
    const { models } = sampleResult([]);
    const result = sampleResult([{ logit: null, headings: ["Title"] }], { models: { ...models, reranker: null }, reranked: false });
    expect(textReport(result, { ...VIEW, terminal: plainTerminal(80) })).toBe(
      "#  move  rel  sim    passage\n1     =  –    0.500  file-1.md:1-3  Title\n                     Some text.\n\n",
    );
  });

  test("leaves the similarity out where another first stage gave none", () => {
    expect(text([{ path: "-", similarity: null, location: { startLine: 7, endLine: 7 } }], 80)).toContain(
      "#  move  rel     passage\n1     =  0.9933  <stdin>:7\n",
    );
  });

  test("sends no control character of a name, heading or text to the terminal", () => {
    const evil = "x\u001b]0;owned\u0007\u009b2J\r\u202e";
    const output = text([{ path: `${evil}\n.md`, headings: [`${evil}\n`], text: `Some ${evil} text\n\u0000` }], 160);
    // oxlint-disable-next-line no-control-regex
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(output).toContain("x\\x1b]0;owned\\x07\\x9b2J\\x0d\\u202e␊.md:1-3");
  });

  test("colours movement and matches, dims what is secondary, and links to the file", () => {
    const output = text(BILINGUAL.slice(0, 2), 80, { colors: true, hyperlinks: true });
    expect(output).toContain("\u001b[32m  ↑2\u001b[39m");
    expect(output).toContain("\u001b[31m  ↓1\u001b[39m");
    expect(output).toContain("\u001b[2m0.612\u001b[22m");
    expect(output).toContain(
      "\u001b]8;;file:///home/ana/notes/capitals/%E5%8C%97%E4%BA%AC.md\u001b\\\u001b[36mcapitals/北京.md\u001b[39m\u001b[2m:3-7\u001b[22m\u001b]8;;\u001b\\",
    );
    expect(output).toContain("\u001b[1m\u001b[33mcapital\u001b[39m\u001b[22m");
  });

  test("keeps to ASCII where the terminal has no more", () => {
    expect(text(BILINGUAL.slice(0, 1), 160, { unicode: false })).toBe(
      `#  move  relevance  similarity  passage
1    +2  0.9999     0.612       capitals/beijing.md:9-14  Beijing > Government > The capital city
                                Beijing is the capital of the People's Republic of China.

`,
    );
  });
});
