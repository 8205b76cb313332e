import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { relevanceOf } from "../../src/domain/ranking.ts";
import { csvHeader, csvReport, csvRows } from "../../src/reporters/csv.ts";
import { BILINGUAL, VIEW, sampleResult } from "./sample-result.ts";

test("writes a header and one record a result, empty where nothing is known", () => {
  const csv = csvReport(sampleResult(BILINGUAL.slice(1)), VIEW);
  expect(csv).toBe(
    [
      "query,rank,recallRank,movement,relevance,logit,similarity,path,absolutePath,startLine,endLine,page,row,headings,truncated,text",
      `capital of China,1,1,0,${relevanceOf(9.4)},9.4,0.688,capitals/北京.md,/home/ana/notes/capitals/北京.md,3,7,,,北京 🏯 > 历史沿革,false,中华人民共和国的首都是北京。`,
      "capital of China,2,2,0,,,0.402,history/moon-landing.pdf,/home/ana/notes/history/moon-landing.pdf,1,9,3,,Moon landing,false,Apollo 11 landed in 1969.",
      "",
    ].join("\n"),
  );
});

test("comes back unchanged from a CSV reader, whatever the text", () => {
  const texts = ['say "hi", twice', "two\nlines\r\nand three", " padded ", "\u001b[31mred", "=1+1", ","];
  const csv = csvReport(sampleResult(texts.map((text) => ({ text }))), VIEW);
  const records = parse(csv, { columns: true }) as { text: string }[];
  expect(records.map(({ text }) => text)).toEqual(texts);
});

test("shows control characters on a terminal instead of sending them", () => {
  expect(csvReport(sampleResult([{ text: "\u001b[31mred" }]), { ...VIEW, toTerminal: true })).toContain("\\x1b[31mred");
});

test("goes on without a header for further queries", () => {
  const result = sampleResult(BILINGUAL);
  expect(csvHeader() + csvRows(result, VIEW)).toBe(csvReport(result, VIEW));
});
