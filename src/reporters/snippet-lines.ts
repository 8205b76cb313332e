import { bestSnippet } from "../domain/snippet.ts";
import { markedLine, shortenEnd, wrapLines, type TextRange } from "./fit-text.ts";
import { printableText } from "./printable.ts";
import { characterWidth } from "./style.ts";

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
  const snippet = snippetOf(text, query, snippetColumns(width, maxLines), ellipsis);
  const lines = wrapLines(snippet.text, width);
  return lines.slice(0, maxLines).map((line, position) => {
    const isCut = position === maxLines - 1 && lines.length > maxLines;
    if (!isCut) return markedLine(snippet.text, line, snippet.highlights, mark);
    const kept = shortenEnd(`${snippet.text.slice(line.start, line.end)} ${ellipsis}`, width, ellipsis);
    const end = line.start + kept.length - ellipsis.length;
    return markedLine(snippet.text, { start: line.start, end }, snippet.highlights, mark).trimEnd() + ellipsis;
  });
}

export interface SnippetTextOptions {
  readonly maxColumns: number;
  /** Applied to what is between the marked parts. */
  readonly plain: (part: string) => string;
  readonly mark: (part: string) => string;
}

/** The same on one line of any length. */
export function snippetText(text: string, query: string, { maxColumns, plain, mark }: SnippetTextOptions): string {
  const snippet = snippetOf(text, query, maxColumns, "…");
  let marked = "";
  let position = 0;
  for (const { start, end } of snippet.highlights) {
    marked += plain(snippet.text.slice(position, start)) + mark(snippet.text.slice(start, end));
    position = end;
  }
  return marked + plain(snippet.text.slice(position));
}

const SENTENCE_END = /[.!?…。！？][\p{Pf}\p{Pe}"'`*_]*\s*$/u;

interface MarkedText {
  readonly text: string;
  readonly highlights: readonly TextRange[];
}

function snippetOf(text: string, query: string, maxColumns: number, ellipsis: string): MarkedText {
  const source = printableText(text);
  const snippet = bestSnippet(source, query, { maxColumns, width: characterWidth });
  const before = snippet.clippedStart ? ellipsis : "";
  // Lines of plain text count as sentences: one that stops in the middle of its paragraph must not look complete.
  const isOpen = source.slice(snippet.end).trim() !== "" && !SENTENCE_END.test(snippet.text);
  return {
    text: before + snippet.text.trimEnd() + (snippet.clippedEnd || isOpen ? ellipsis : ""),
    highlights: snippet.highlights.map(([start, end]) => ({ start: start + before.length, end: end + before.length })),
  };
}

/** Lines end early where a word does not fit any more: about a fifth of a narrow line, a few columns of a wide one. */
function snippetColumns(width: number, maxLines: number): number {
  return width * maxLines - (maxLines - 1) * Math.min(8, Math.ceil(width / 5));
}
