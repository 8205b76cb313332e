import { lexicalTokens, queryTerms } from "../domain/lexical-terms.ts";
import type { SentenceWeight } from "../pipeline/weigh-sentences.ts";
import { markedLine, wrapLines, type TextRange } from "../reporters/fit-text.ts";
import { printableText } from "../reporters/printable.ts";
import { widthOf } from "../reporters/style.ts";
import type { Paint } from "./paint.ts";

export interface PassageLinesOptions {
  /** Columns of a line, its margin included. */
  readonly width: number;
  readonly query: string;
  /** In reading order. Empty where they are not known. */
  readonly weights: readonly SentenceWeight[];
  readonly paint: Paint;
}

const MARGIN_COLUMNS = 2;
/** A sentence that does at least this much of what the best one does is said to carry the relevance. */
const STRONG_SHARE = 0.5;
/** Logits. Where leaving out any sentence changes less, none carries the relevance by itself. */
export const LEAST_WEIGHT = 0.1;

/**
 * The whole text, wrapped, its own line breaks and indentation kept: the query's terms marked, the sentences that carry
 * the relevance underlined, and beside each line how much its sentences do for it.
 */
export function passageLines(text: string, { width, query, weights, paint }: PassageLinesOptions): string[] {
  const shown = printableText(text).replaceAll("\t", " ");
  const matches = matchesIn(shown, query);
  const sentences = onShownText(weights, text, shown.length);
  const most = Math.max(0, ...sentences.map(({ weight }) => weight));
  const strong = most < LEAST_WEIGHT ? [] : sentences.filter(({ weight }) => weight >= most * STRONG_SHARE);
  return wrapKeepingLines(shown, Math.max(2, width - MARGIN_COLUMNS)).map(({ indent, ...line }) => {
    const share = most < LEAST_WEIGHT ? 0 : shareOf(line, sentences) / most;
    return `${paint.relevance(marginOf(share, paint))} ${" ".repeat(indent)}${markedSentences(shown, line, matches, strong, paint)}`;
  });
}

function matchesIn(text: string, query: string): TextRange[] {
  const terms = new Set(queryTerms(query));
  return lexicalTokens(text)
    .filter(({ term }) => terms.has(term))
    .sort((a, b) => a.start - b.start || b.end - a.end);
}

/** Control characters are shown as several: what follows them moves. */
function onShownText(weights: readonly SentenceWeight[], text: string, shownLength: number): readonly SentenceWeight[] {
  if (text.length === shownLength) return weights;
  const shownAt = (offset: number) => printableText(text.slice(0, offset)).length;
  return weights.map(({ start, end, weight }) => ({ start: shownAt(start), end: shownAt(end), weight }));
}

/** A line at least this wide that goes on with a word was wrapped by whoever wrote it: it is wrapped anew. */
const WRAPPED_LINE_COLUMNS = 60;

function wasWrapped(line: string, next: string): boolean {
  return /^[\p{L}\p{N}"'“‘(（「]/u.test(next) && !/^(?:\p{N}+|\p{L})[.)、]\s/u.test(next) && !/\s\|\s|:\s*$/.test(line) && widthOf(line) >= WRAPPED_LINE_COLUMNS;
}

/** Offsets of the lines and paragraphs of a text, as `wrapLines` takes them. */
function sourceLines(text: string): TextRange[] {
  const lines: TextRange[] = [];
  let position = 0;
  let last = "";
  for (const line of text.trimEnd().split("\n")) {
    const end = position + line.length;
    const before = lines.at(-1);
    if (before !== undefined && !/^\s/.test(text.slice(before.start, before.end)) && wasWrapped(last, line)) lines.splice(-1, 1, { start: before.start, end });
    else lines.push({ start: position, end });
    position = end + 1;
    last = line;
  }
  return lines;
}

function wrapKeepingLines(text: string, width: number): (TextRange & { readonly indent: number })[] {
  const lines: (TextRange & { readonly indent: number })[] = [];
  for (const { start: from, end: to } of sourceLines(text)) {
    const source = text.slice(from, to);
    const indent = Math.min(/^ */.exec(source)?.[0].length ?? 0, Math.floor(width / 3));
    const wrapped = wrapLines(source, width - indent);
    for (const { start, end } of wrapped.length === 0 ? [{ start: 0, end: 0 }] : wrapped) {
      lines.push({ start: from + start, end: from + end, indent });
    }
  }
  return lines;
}

function shareOf(line: TextRange, sentences: readonly SentenceWeight[]): number {
  return Math.max(0, ...sentences.filter(({ start, end }) => start < line.end && end > line.start).map(({ weight }) => weight));
}

function marginOf(share: number, { glyphs: { fractions, full } }: Paint): string {
  const steps = [" ", ...fractions, full];
  return steps[Math.round(Math.min(1, share) * (steps.length - 1))] ?? " ";
}

function markedSentences(text: string, line: TextRange, matches: readonly TextRange[], strong: readonly TextRange[], paint: Paint): string {
  let painted = "";
  let position = line.start;
  for (const sentence of strong) {
    const start = Math.max(sentence.start, position);
    const end = Math.min(sentence.end, line.end);
    if (start >= end) continue;
    painted += markedLine(text, { start: position, end: start }, matches, paint.match);
    painted += paint.underline(markedLine(text, { start, end }, matches, paint.match));
    position = end;
  }
  // A line break within a paragraph is a space.
  return (painted + markedLine(text, { start: position, end: line.end }, matches, paint.match)).replaceAll("\n", " ");
}
