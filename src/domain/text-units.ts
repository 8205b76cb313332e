import type { DocumentBlock } from "./document.ts";
import { graphemeCeiling, graphemeFloor } from "./graphemes.ts";
import { splitSentences } from "./sentences.ts";

/** How good a place to cut is, from worst to best. */
export const Cut = { word: 0, clause: 1, sentence: 2, blankLine: 3, item: 4, block: 5 } as const;
export type Cut = (typeof Cut)[keyof typeof Cut];

/** A stretch of one block that a passage takes whole: a sentence, a line of code, a row; a part of one that is too long. */
export interface TextUnit {
  readonly block: DocumentBlock;
  /** Offsets in the block's text, in UTF-16 code units. White space up to `tail` follows; the next unit starts there. */
  readonly start: number;
  readonly end: number;
  readonly tail: number;
  /** In the source, both included. The block's own range where its reader changed the line breaks. */
  readonly startLine: number;
  readonly endLine: number;
  /** What it means to cut in front of this unit. */
  readonly cutBefore: Cut;
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly cutBefore: Cut;
}

// Shorter units join the one before: a passage that overlaps by "Yes." overlaps by nothing.
const SHORTEST_UNIT = 16;

const CLAUSE_END = /[,;:，、；：—–・)\]）】」』》.!?。！？…|]/;

/**
 * The units of a block in order; together they hold all of its text but the white space between them. None is longer
 * than `longest` code units, and those that are cut for it come in pieces of at most a 32nd of that.
 */
export function unitsOf(block: DocumentBlock, longest: number): TextUnit[] {
  const stretches = stretchesOf(block).flatMap((stretch) =>
    stretch.end - stretch.start > longest ? piecesOf(block.text, stretch, pieceLengthFor(longest)) : [stretch],
  );
  return locate(block, stretches);
}

/** Cuts one unit into pieces: at line breaks, after punctuation, at spaces, else between any two characters. */
export function splitUnit(unit: TextUnit, longest: number): TextUnit[] {
  const pieces = piecesOf(unit.block.text, unit, Math.max(1, longest));
  let line = unit.startLine;
  const isMapped = countLineBreaks(unit.block.text, unit.start, unit.end) === unit.endLine - unit.startLine;
  return pieces.map(({ start, end, cutBefore }, position) => {
    const previous = pieces[position - 1];
    if (isMapped && previous) line += countLineBreaks(unit.block.text, previous.start, start);
    const endLine = isMapped ? line + countLineBreaks(unit.block.text, start, end) : unit.endLine;
    const tail = pieces[position + 1]?.start ?? unit.tail;
    return { block: unit.block, start, end, tail, startLine: line, endLine, cutBefore };
  });
}

export function pieceLengthFor(longest: number): number {
  return Math.max(1, Math.floor(longest / 32));
}

function stretchesOf(block: DocumentBlock): Stretch[] {
  const { kind, text } = block;
  const first = cutBeforeBlock(block);
  if (kind === "code") return joinShort(codeLines(text, first));
  if (kind === "table-row" || kind === "record") {
    const start = text.length - text.trimStart().length;
    const end = text.trimEnd().length;
    return start < end ? [{ start, end, cutBefore: first }] : [];
  }
  let previousEnd = 0;
  const sentences = splitSentences(text).map(({ start, end }, position): Stretch => {
    const gap = text.slice(previousEnd, start);
    previousEnd = end;
    const cutBefore = position === 0 ? first : /\n\s*\n/.test(gap) ? Cut.blankLine : Cut.sentence;
    return { start, end, cutBefore };
  });
  return joinShort(sentences);
}

function cutBeforeBlock({ kind }: DocumentBlock): Cut {
  // What stands before a list or a code block usually introduces it.
  return kind === "paragraph" || kind === "heading" ? Cut.block : Cut.item;
}

function codeLines(text: string, first: Cut): Stretch[] {
  const lines: Stretch[] = [];
  let afterBlankLine = false;
  for (let start = 0; start < text.length; ) {
    const lineBreak = text.indexOf("\n", start);
    const end = lineBreak === -1 ? text.length : lineBreak;
    const line = text.slice(start, end);
    if (line.trim() === "") {
      afterBlankLine = true;
    } else {
      const isIndented = /^\s/.test(line);
      const cut = afterBlankLine ? (isIndented ? Cut.blankLine : Cut.item) : Cut.sentence;
      lines.push({ start, end: start + line.trimEnd().length, cutBefore: lines.length === 0 ? first : cut });
      afterBlankLine = false;
    }
    start = end + 1;
  }
  return lines;
}

function joinShort(stretches: readonly Stretch[]): Stretch[] {
  const joined: { start: number; end: number; cutBefore: Cut }[] = [];
  for (const { start, end, cutBefore } of stretches) {
    const previous = joined.at(-1);
    if (previous && cutBefore <= Cut.sentence && previous.end - previous.start < SHORTEST_UNIT) previous.end = end;
    else joined.push({ start, end, cutBefore });
  }
  return joined;
}

function piecesOf(text: string, { start, end, cutBefore }: Stretch, pieceLength: number): Stretch[] {
  const pieces: Stretch[] = [];
  let cut: Cut = cutBefore;
  for (let from = start; from < end; ) {
    const next = end - from <= pieceLength ? { position: end, cut: Cut.word } : cutWithin(text, from, from + pieceLength);
    const to = Math.min(next.position, end);
    const piece = text.slice(from, to);
    const trimmedEnd = from + piece.trimEnd().length;
    // The indentation at the beginning is part of a line of code; other white space between pieces is not kept.
    const trimmedStart = from === start ? from : to - piece.trimStart().length;
    if (trimmedStart < trimmedEnd) pieces.push({ start: trimmedStart, end: trimmedEnd, cutBefore: cut });
    cut = pieces.length === 0 ? cutBefore : next.cut;
    from = to;
  }
  return pieces;
}

/** The best place to cut in the second half of a window. */
function cutWithin(text: string, from: number, to: number): { readonly position: number; readonly cut: Cut } {
  const middle = from + Math.ceil((to - from) / 2);
  let clause = -1;
  let space = -1;
  for (let position = to; position > middle; position -= 1) {
    const before = text[position - 1]!;
    if (before === "\n") return { position, cut: Cut.sentence };
    if (clause === -1 && CLAUSE_END.test(before) && isClauseEnd(text, position)) clause = position;
    if (space === -1 && /\s/.test(before)) space = position;
  }
  if (clause !== -1) return { position: clause, cut: Cut.clause };
  if (space !== -1) return { position: space, cut: Cut.word };
  const floor = graphemeFloor(text, to);
  return { position: floor > from ? floor : graphemeCeiling(text, to), cut: Cut.word };
}

/** After Western punctuation only before a space ("3,14" and "a.b" stay whole), after wide punctuation anywhere. */
function isClauseEnd(text: string, position: number): boolean {
  const next = text[position];
  if (next === undefined || /\s/.test(next)) return true;
  return text.charCodeAt(position - 1) >= 0x3000 && graphemeFloor(text, position) === position && !CLAUSE_END.test(next);
}

function locate(block: DocumentBlock, stretches: readonly Stretch[]): TextUnit[] {
  const { text, startLine, endLine } = block;
  const lineOffset = lineOffsetOf(block);
  let line = startLine + (lineOffset ?? 0);
  let counted = 0;
  return stretches.map(({ start, end, cutBefore }, position) => {
    const tail = stretches[position + 1]?.start ?? text.length;
    if (lineOffset === undefined) return { block, start, end, tail, startLine, endLine, cutBefore };
    line += countLineBreaks(text, counted, start);
    const firstLine = line;
    line += countLineBreaks(text, start, end);
    counted = end;
    return { block, start, end, tail, startLine: firstLine, endLine: line, cutBefore };
  });
}

/** Lines between the block's first line and its text's; `undefined` when the text's line breaks are not the source's. */
function lineOffsetOf({ kind, text, startLine, endLine }: DocumentBlock): number | undefined {
  const trailing = text.length - text.trimEnd().length;
  const textLines = countLineBreaks(text, 0, text.length - trailing) + 1;
  const sourceLines = endLine - startLine + 1;
  if (textLines === sourceLines || textLines + countLineBreaks(text, text.length - trailing, text.length) === sourceLines) return 0;
  // The fences of a code block are lines of the source and not of the text; the closing one may be missing.
  return kind === "code" && (sourceLines - textLines === 2 || sourceLines - textLines === 1) ? 1 : undefined;
}

function countLineBreaks(text: string, from: number, to: number): number {
  // A slice costs nothing; searching the whole text would look beyond `to`, and be quadratic in a text of one line.
  const part = text.slice(from, to);
  let count = 0;
  for (let at = part.indexOf("\n"); at !== -1; at = part.indexOf("\n", at + 1)) count += 1;
  return count;
}
