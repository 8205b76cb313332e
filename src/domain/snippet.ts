import { graphemeCeiling, graphemeFloor } from "./graphemes.ts";
import { lexicalTokens, queryTerms } from "./lexical-terms.ts";
import { splitSentences, type TextSpan } from "./sentences.ts";
import { clip, columnsOf, type SnippetWindow, wholeSentences, windowAround } from "./snippet-window.ts";

export interface Snippet {
  /** On one line: runs of white space and control characters are one space. */
  readonly text: string;
  /** What is shown: offsets in the source text, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** Ranges of the snippet's own text that match the query, in order, apart from one another. */
  readonly highlights: readonly (readonly [start: number, end: number])[];
  /** A sentence is cut there; one column is left free for an ellipsis at each such end. */
  readonly clippedStart: boolean;
  readonly clippedEnd: boolean;
}

export interface SnippetOptions {
  /** At least 1. */
  readonly maxColumns: number;
  /** Columns of one user-perceived character; by default its code points. */
  readonly width?: (character: string) => number;
}

interface Match {
  readonly term: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The stretch of a text that covers the query best: whole sentences when they fit, else part of one. Different terms
 * count before repeats, longer and (in this text) rarer terms before others; of equals the earlier stretch is shown, and
 * the beginning when nothing matches. Terms match without regard to case, accents and plural endings.
 */
export function bestSnippet(source: string, query: string, { maxColumns, width = codePoints }: SnippetOptions): Snippet {
  // Control characters would move a terminal's cursor. The offsets stay as they are.
  const text = source.replace(/[^\P{Cc}\s]/gu, " ");
  const sentences = splitSentences(text);
  if (sentences.length === 0) return { text: "", start: 0, end: 0, highlights: [], clippedStart: false, clippedEnd: false };
  const terms = new Set(queryTerms(query));
  const matches: Match[] = lexicalTokens(text).filter(({ term }) => terms.has(term));
  matches.sort((a, b) => a.start - b.start || b.end - a.end);
  const columns = columnsOf(text, width);
  const window = bestWindow(text, sentences, matches, columns, maxColumns);
  return { ...collapse(text, window, matches), ...window };
}

/** @param sentences at least one. */
function bestWindow(
  text: string,
  sentences: readonly TextSpan[],
  matches: readonly Match[],
  columns: Int32Array,
  maxColumns: number,
): SnippetWindow {
  const weights = termWeights(matches);
  let best: { window: SnippetWindow; coverage: number; repeats: number } | undefined;
  let nextMatch = 0;
  for (const [position, sentence] of sentences.entries()) {
    while (nextMatch < matches.length && matches[nextMatch]!.start < sentence.start) nextMatch += 1;
    let endMatch = nextMatch;
    while (endMatch < matches.length && matches[endMatch]!.start < sentence.end) endMatch += 1;
    const fits = columns[sentence.end]! - columns[sentence.start]! <= maxColumns;
    // A sentence that fits begins one window; a longer one begins one at each of its matches.
    const starts = fits ? [nextMatch] : Array.from({ length: endMatch - nextMatch }, (_, i) => nextMatch + i);
    for (const from of nextMatch === endMatch ? [] : starts) {
      const window = fits
        ? wholeSentences(sentences, position, columns, maxColumns)
        : windowAround(matches[from]!, text, sentence, columns, maxColumns);
      const worth = coverageOf(matches, from, window, weights);
      if (
        best === undefined ||
        worth.coverage > best.coverage + 1e-9 ||
        (worth.coverage > best.coverage - 1e-9 && worth.repeats > best.repeats)
      ) {
        best = { window, ...worth };
      }
    }
  }
  if (best !== undefined) return best.window;
  const first = sentences[0]!;
  if (columns[first.end]! - columns[first.start]! <= maxColumns) return wholeSentences(sentences, 0, columns, maxColumns);
  return clip(text, first, first.start, first.start, columns, maxColumns);
}

/** Longer terms say more (an ideograph as much as three letters), terms that are all over the text say less. */
function termWeights(matches: readonly Match[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { term } of matches) counts.set(term, (counts.get(term) ?? 0) + 1);
  return new Map(
    Array.from(counts, ([term, count]) => {
      const letters = [...term].reduce((sum, character) => sum + (character >= "\u3040" ? 3 : 1), 0);
      return [term, (1 + Math.log2(1 + letters)) / (1 + Math.log(count))];
    }),
  );
}

function coverageOf(
  matches: readonly Match[],
  from: number,
  { end }: SnippetWindow,
  weights: ReadonlyMap<string, number>,
): { readonly coverage: number; readonly repeats: number } {
  const seen = new Set<string>();
  let coverage = 0;
  let repeats = 0;
  for (let position = from; position < matches.length && matches[position]!.start < end; position += 1) {
    const { term, end: matchEnd } = matches[position]!;
    if (matchEnd > end) continue;
    if (seen.has(term)) repeats += 1;
    else coverage += weights.get(term)!;
    seen.add(term);
  }
  return { coverage, repeats };
}

function collapse(source: string, { start, end }: SnippetWindow, matches: readonly Match[]): Pick<Snippet, "text" | "highlights"> {
  const ranges: [number, number][] = [];
  for (const match of matches) {
    if (match.start < start || match.end > end) continue;
    const from = graphemeFloor(source, match.start);
    const to = graphemeCeiling(source, match.end);
    const previous = ranges.at(-1);
    if (previous && from <= previous[1]) previous[1] = Math.max(previous[1], to);
    else ranges.push([from, to]);
  }
  let text = "";
  let position = start;
  const appendUpTo = (to: number): number => {
    const piece = source.slice(position, to).replace(/\s+/gu, " ");
    text += text.endsWith(" ") ? piece.replace(/^ /, "") : piece;
    position = to;
    return text.length;
  };
  const highlights = ranges.map(([from, to]): readonly [number, number] => [appendUpTo(from), appendUpTo(to)]);
  appendUpTo(end);
  return { text, highlights };
}

function codePoints(character: string): number {
  return [...character].length;
}
