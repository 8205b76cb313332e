import { graphemesOf } from "../domain/graphemes.ts";
import { characterWidth, widthOf } from "./style.ts";

/** A stretch of a text, in UTF-16 code units: from `start` up to, without, `end`. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Closing marks and small kana: a line that begins with one of them reads as a mistake. */
const NEVER_FIRST = /^[\s,.;:!?)\]}%‰℃°»›”’…‥，。、；：！？）」』】》〉〕｝］·・ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ～]/u;
/** Opening marks: they belong to what follows. */
const NEVER_LAST = /[([{«‹“‘（「『【《〈〔｛［]$/u;
/** Scripts that are written without spaces between words: a line may end after any character. */
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;

/** Cut at its end with an ellipsis where it is wider than `width` columns. */
export function shortenEnd(text: string, width: number, ellipsis: string): string {
  if (widthOf(text) <= width) return text;
  return fittingStart(text, Math.max(0, width - widthOf(ellipsis))).trimEnd() + ellipsis;
}

/** Cut at its start with an ellipsis where it is wider than `width` columns: for paths, whose end tells more. */
export function shortenStart(text: string, width: number, ellipsis: string): string {
  if (widthOf(text) <= width) return text;
  let left = width - widthOf(ellipsis);
  let kept = "";
  for (const grapheme of graphemesOf(text).reverse()) {
    left -= characterWidth(grapheme);
    if (left < 0) break;
    kept = grapheme + kept;
  }
  return ellipsis + kept;
}

/**
 * A path of headings in at most `width` columns: the outer ones go first, behind an ellipsis, and the innermost is cut
 * only when it alone is too wide.
 */
export function fitHeadings(
  headings: readonly string[],
  width: number,
  { into, ellipsis }: { readonly into: string; readonly ellipsis: string },
): string {
  for (let from = 0; from < headings.length; from++) {
    const kept = headings.slice(from);
    const trail = (from === 0 ? kept : [ellipsis, ...kept]).join(` ${into} `);
    if (widthOf(trail) <= width) return trail;
  }
  return shortenEnd(headings.at(-1) ?? "", width, ellipsis);
}

/**
 * Where the lines of a text begin and end when none is wider than `width` columns: between words, between Chinese or
 * Japanese characters (never before a closing mark), and inside a word only when it alone is wider than a line. The
 * text's own line breaks count as spaces. Lines carry no space at either end.
 */
export function wrapLines(text: string, width: number): TextRange[] {
  const lines: TextRange[] = [];
  let start = 0;
  let used = 0;
  let breakAt = -1;
  let position = 0;
  let [beforePrevious, previous] = ["", ""];
  for (const grapheme of graphemesOf(text)) {
    const isSpace = /^\s+$/u.test(grapheme);
    const columns = isSpace ? 1 : characterWidth(grapheme);
    if (used === 0 && isSpace) {
      start = position + grapheme.length;
    } else {
      if (used > 0 && canBreakBetween(beforePrevious, previous, grapheme)) breakAt = position;
      // Twice where what follows the last good place is too wide for a line of its own.
      while (!isSpace && used + columns > width && used > 0) {
        const end = breakAt > start ? breakAt : position;
        lines.push(trimmed(text, { start, end }));
        start = end;
        used = widthOf(text.slice(start, position));
        breakAt = -1;
      }
      used += columns;
    }
    position += grapheme.length;
    [beforePrevious, previous] = [previous, grapheme];
  }
  const last = trimmed(text, { start, end: text.length });
  if (last.end > last.start) lines.push(last);
  return lines;
}

/** The text of one line with its highlighted parts marked by `mark`. */
export function markedLine(
  text: string,
  line: TextRange,
  highlights: readonly TextRange[],
  mark: (part: string) => string,
): string {
  let marked = "";
  let position = line.start;
  for (const highlight of highlights) {
    const start = Math.max(highlight.start, position);
    const end = Math.min(highlight.end, line.end);
    if (start >= end) continue;
    marked += text.slice(position, start) + mark(text.slice(start, end));
    position = end;
  }
  return marked + text.slice(position, line.end);
}

function fittingStart(text: string, width: number): string {
  let left = width;
  let kept = "";
  for (const grapheme of graphemesOf(text)) {
    left -= characterWidth(grapheme);
    if (left < 0) break;
    kept += grapheme;
  }
  return kept;
}

function canBreakBetween(beforePrevious: string, previous: string, next: string): boolean {
  if (NEVER_FIRST.test(next)) return false;
  if (/\s$/u.test(previous)) return true;
  if (NEVER_LAST.test(previous)) return false;
  // Not within the hyphens of a flag, or after them.
  if (previous === "-") return /^\p{L}/u.test(next) && /^[\p{L}\p{N}]/u.test(beforePrevious);
  return UNSPACED.test(previous) || UNSPACED.test(next);
}

function trimmed(text: string, { start, end }: TextRange): TextRange {
  const line = text.slice(start, end);
  const leading = line.length - line.trimStart().length;
  return leading === line.length
    ? { start: end, end }
    : { start: start + leading, end: end - (line.length - line.trimEnd().length) };
}
