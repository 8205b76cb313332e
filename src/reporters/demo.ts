import type { SearchResult } from "../pipeline/search-result.ts";
import { orderLines } from "./explain-orders.ts";
import { wrapLines } from "./fit-text.ts";
import { printableLine } from "./printable.ts";
import { searchFooter } from "./search-footer.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";
import { resultLines, type TextOptions } from "./text.ts";

/** Passages that are shown with their text; the others are known by their places. */
const SHOWN_PASSAGES = 2;
const MOST_COLUMNS = 100;

/** One query of `rerank demo`: the query, both orders, the best passages, the timings. Ends with a line break. */
export function demoReport(result: SearchResult, options: TextOptions): string {
  const style = createStyle(options.terminal);
  const { chalk, glyphs } = style;
  const passages = result.results.slice(0, SHOWN_PASSAGES).map((ranked) => {
    const margin = `${ranked.rank}  `;
    const width = options.terminal.columns - margin.length;
    const [place, ...below] = resultLines(ranked, result, { options, style, width });
    return [chalk.bold(margin) + place, ...below.map((line) => " ".repeat(margin.length) + line)];
  });
  const blocks = [
    [chalk.bold(`${glyphs.into} ${printableLine(result.query)}`)],
    orderLines(result, { ...options, logits: false }, style),
    ...passages,
    [searchFooter(result, options.terminal)],
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** Paragraphs for people, wrapped to the window. Ends with a line break. */
export function demoText(paragraphs: readonly string[], { columns }: Terminal): string {
  const width = Math.min(columns, MOST_COLUMNS);
  return `${paragraphs
    .map((text) => wrapLines(text, width).map(({ start, end }) => text.slice(start, end)).join("\n"))
    .join("\n\n")}\n`;
}
