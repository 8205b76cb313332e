import { bestSnippet } from "../domain/snippet.ts";
import { markedLine, shortenEnd, wrapLines } from "./fit-text.ts";
import { printableText } from "./printable.ts";
import { widthOf } from "./style.ts";

export interface SnippetLinesOptions {
  /** Columns of a line. */
  readonly width: number;
  readonly maxLines: number;
  readonly ellipsis: string;
  readonly mark: (part: string) => string;
}

/** The part of a text that answers a query best, wrapped, with the query's terms marked. Safe for a terminal. */
export function snippetLines(text: string, query: string, options: SnippetLinesOptions): string[] {
  const { width, maxLines, ellipsis, mark } = options;
  const snippet = bestSnippet(printableText(text), query, { maxColumns: snippetColumns(width, maxLines), width: widthOf });
  const lines = wrapLines(snippet.text, width);
  return lines.slice(0, maxLines).map((line, position) => {
    const isCut = position === maxLines - 1 && lines.length > maxLines;
    if (!isCut) return markedLine(snippet.text, line, snippet.highlights, mark);
    const kept = shortenEnd(`${snippet.text.slice(line.start, line.end)} ${ellipsis}`, width, ellipsis);
    const end = line.start + kept.length - ellipsis.length;
    return markedLine(snippet.text, { start: line.start, end }, snippet.highlights, mark).trimEnd() + ellipsis;
  });
}

/** Lines end early where a word does not fit any more: about a fifth of a narrow line, a few columns of a wide one. */
function snippetColumns(width: number, maxLines: number): number {
  return width * maxLines - (maxLines - 1) * Math.min(8, Math.ceil(width / 5));
}

export interface SnippetTextOptions {
  readonly maxColumns: number;
  readonly plain: (part: string) => string;
  readonly mark: (part: string) => string;
}

/** The same as one line, its white space as single spaces. */
export function snippetText(text: string, query: string, { maxColumns, plain, mark }: SnippetTextOptions): string {
  const snippet = bestSnippet(printableText(text), query, { maxColumns, width: widthOf });
  let marked = "";
  let position = 0;
  for (const { start, end } of snippet.highlights) {
    marked += plain(snippet.text.slice(position, start)) + mark(snippet.text.slice(start, end));
    position = end;
  }
  return (marked + plain(snippet.text.slice(position))).replace(/\s+/g, " ").trim();
}
