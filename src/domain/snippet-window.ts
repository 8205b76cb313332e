import { graphemeCeiling, graphemeFloor, graphemesOf } from "./graphemes.ts";
import type { TextSpan } from "./sentences.ts";

/** What a snippet shows: offsets in the source text; whether a sentence is cut at either end. */
export interface SnippetWindow {
  readonly start: number;
  readonly end: number;
  readonly clippedStart: boolean;
  readonly clippedEnd: boolean;
}

const ELLIPSIS_COLUMNS = 1;

// Letters that form words with spaces between them. Where none stand on both sides, the text may be cut.
const SPACED_LETTER = /[\p{L}\p{N}\p{M}](?<![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー])/u;

// In code units: a word beyond this may be cut.
const LONGEST_WORD = 24;

const BLANK = /^\s+$/u;

/** Columns in front of each offset, with white space collapsed. A character's inner offsets count all of it. */
export function columnsOf(text: string, width: (character: string) => number): Int32Array {
  const widths = new Map<string, number>();
  const columns = new Int32Array(text.length + 1);
  let offset = 0;
  let total = 0;
  let afterSpace = false;
  for (const grapheme of graphemesOf(text)) {
    const isSpace = BLANK.test(grapheme);
    let own = widths.get(grapheme);
    if (own === undefined) widths.set(grapheme, (own = isSpace ? 1 : width(grapheme)));
    columns[offset] = total;
    if (!(isSpace && afterSpace)) total += own;
    afterSpace = isSpace;
    columns.fill(total, offset + 1, offset + grapheme.length);
    offset += grapheme.length;
  }
  columns[offset] = total;
  return columns;
}

/** From one sentence on as many as fit; room that is left at the end of the text goes to the sentences before. */
export function wholeSentences(
  sentences: readonly TextSpan[],
  position: number,
  columns: Int32Array,
  maxColumns: number,
): SnippetWindow {
  let first = position;
  let last = position;
  const columnsBetween = (from: number, to: number): number => columns[sentences[to]!.end]! - columns[sentences[from]!.start]!;
  while (last + 1 < sentences.length && columnsBetween(first, last + 1) <= maxColumns) last += 1;
  if (last + 1 === sentences.length) while (first > 0 && columnsBetween(first - 1, last) <= maxColumns) first -= 1;
  return { start: sentences[first]!.start, end: sentences[last]!.end, clippedStart: false, clippedEnd: false };
}

/** Part of a sentence that is too long: a match with a third of the room in front of it, or the beginning if that holds it. */
export function windowAround(
  match: Pick<TextSpan, "start" | "end">,
  text: string,
  sentence: TextSpan,
  columns: Int32Array,
  maxColumns: number,
): SnippetWindow {
  const lead = Math.max(0, Math.floor((maxColumns - (columns[match.end]! - columns[match.start]!)) / 3));
  if (columns[match.start]! - columns[sentence.start]! <= lead) {
    return clip(text, sentence, sentence.start, match.end, columns, maxColumns);
  }
  let start = match.start;
  while (start > sentence.start && columns[match.start]! - columns[start - 1]! <= lead) start -= 1;
  start = graphemeCeiling(text, start);
  // Begin with a whole word, unless words are longer than the room.
  const wordStart = wordCeiling(text, start);
  return clip(text, sentence, wordStart <= match.start ? wordStart : start, match.end, columns, maxColumns);
}

/** The window from `start` as far as the room reaches, cut after a word beyond `atLeast` if there is one. */
export function clip(
  text: string,
  sentence: TextSpan,
  start: number,
  atLeast: number,
  columns: Int32Array,
  maxColumns: number,
): SnippetWindow {
  const clippedStart = start > sentence.start;
  const room = maxColumns - (clippedStart ? ELLIPSIS_COLUMNS : 0);
  if (columns[sentence.end]! - columns[start]! <= room) {
    // The end of the sentence is reached: what room is left shows more of its beginning.
    let from = start;
    while (from > sentence.start && columns[sentence.end]! - columns[from - 1]! <= room) from -= 1;
    from = wordCeiling(text, graphemeCeiling(text, from));
    const shownFrom = Math.min(from, start);
    return { start: shownFrom, end: sentence.end, clippedStart: shownFrom > sentence.start, clippedEnd: false };
  }
  let end = start;
  while (end < sentence.end && columns[end + 1]! - columns[start]! <= room - ELLIPSIS_COLUMNS) end += 1;
  end = graphemeFloor(text, end);
  const wordEnd = trimEnd(text, start, wordFloor(text, end));
  return { start, end: wordEnd > start && wordEnd >= Math.min(atLeast, end) ? wordEnd : end, clippedStart, clippedEnd: true };
}

function wordFloor(text: string, position: number): number {
  let floor = position;
  while (floor > position - LONGEST_WORD && isWithinWord(text, floor)) floor -= 1;
  return isWithinWord(text, floor) ? position : floor;
}

function wordCeiling(text: string, position: number): number {
  let ceiling = position;
  while (ceiling < position + LONGEST_WORD && isWithinWord(text, ceiling)) ceiling += 1;
  while (ceiling < text.length && BLANK.test(text[ceiling]!)) ceiling += 1;
  return isWithinWord(text, ceiling) ? position : ceiling;
}

function isWithinWord(text: string, position: number): boolean {
  return (
    position > 0 &&
    position < text.length &&
    (isTrailSurrogate(text, position) || (SPACED_LETTER.test(text[position - 1]!) && SPACED_LETTER.test(text[position]!)))
  );
}

function isTrailSurrogate(text: string, position: number): boolean {
  return /[\udc00-\udfff]/.test(text[position]!);
}

function trimEnd(text: string, start: number, end: number): number {
  return start + text.slice(start, end).trimEnd().length;
}

