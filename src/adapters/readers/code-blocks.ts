import type { DocumentBlock } from "../../domain/document.ts";

/** Longer definitions are split once more at their inner boundaries (a class into its methods). */
const MAX_BLOCK_LINES = 40;
/** Namespace, class, method: deeper splits would part statements. */
const MAX_DEPTH = 3;
/** Columns of a tab: only the order of indents matters. */
const TAB_WIDTH = 4;

/**
 * Source code in pieces that a reader would point at: functions, classes, groups of statements. Works on blank lines and
 * indentation alone, so it holds for any language. Text and indentation of the lines are untouched.
 */
export function codeBlocks(text: string, firstLine = 1): DocumentBlock[] {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const blocks: DocumentBlock[] = [];
  for (const [start, end] of definitionRanges(lines)) {
    blocks.push({
      kind: "code",
      text: lines.slice(start, end).join("\n"),
      startLine: firstLine + start,
      endLine: firstLine + end - 1,
    });
  }
  return blocks;
}

type Range = readonly [start: number, end: number];

/** Ranges of line positions, end excluded, without blank lines at their edges. */
function definitionRanges(lines: readonly string[]): Range[] {
  return cut(lines, 0, lines.length, boundaries(lines, 0, lines.length)).flatMap((range) => splitLong(lines, range, MAX_DEPTH));
}

/** A long definition, split below its first line at the indent of its body; its parts again when they are long. */
function splitLong(lines: readonly string[], [from, to]: Range, depth: number): Range[] {
  if (to - from <= MAX_BLOCK_LINES || depth === 0) return [[from, to]];
  const bodyStart = from + 1;
  const starts = boundaries(lines, bodyStart, to).filter((start) => start > bodyStart);
  // Without a boundary inside, a long block stays whole: the chunker knows the budget in tokens.
  if (starts.length === 0) return [[from, to]];
  return cut(lines, from, to, [from, ...starts]).flatMap((range) => splitLong(lines, range, depth - 1));
}

function cut(lines: readonly string[], from: number, to: number, starts: readonly number[]): Range[] {
  const ranges: Range[] = [];
  starts.forEach((start, order) => {
    const range = trimBlank(lines, Math.max(start, from), starts[order + 1] ?? to);
    if (range !== undefined) ranges.push(range);
  });
  return ranges;
}

/**
 * Where a new definition begins: a line at the range's smallest indent that follows a blank line or the end of another
 * definition. A comment above a definition, with or without a blank line in between, begins it.
 */
function boundaries(lines: readonly string[], from: number, to: number): number[] {
  const base = smallestIndent(lines, from, to);
  const starts: number[] = [from];
  let previous = -1;
  for (let position = from; position < to; position++) {
    const line = lines[position]!;
    if (line === "") continue;
    const start = starts.at(-1)!;
    const afterBlank = previous >= 0 && previous < position - 1;
    const afterEnd = previous >= 0 && CLOSER.test(lines[previous]!) && indentOf(lines[previous]!) === base;
    const begins = indentOf(line) === base && !CONTINUATION.test(line) && (afterBlank || afterEnd);
    // The comment at the top of a file or a class documents the whole and not what follows it.
    if (begins && !(start > from && isComment(lines, start, previous + 1))) starts.push(position);
    previous = position;
  }
  return starts;
}

const MAX_DOC_LINES = 60;
/** Lines that end a definition: a closing bracket, or the word that some languages use. */
const CLOSER = /^\s*(?:[\])}]+[;,)]*|end\w*[;,.]?)$/i;
/** Lines that go on with what stands before them, at whatever indent. */
const CONTINUATION = /^\s*(?:[\])}{]|else\b|elif\b|elsif\b|except\b|catch\b|finally\b|rescue\b|ensure\b|then\b|end\w*\s*$)/i;
const COMMENT = /^\s*(?:\/\/|\/\*|\*|#|--|;|%|"""|'''|<!--|@\w|\[<)/;

function isComment(lines: readonly string[], from: number, to: number): boolean {
  if (to - from > MAX_DOC_LINES) return false;
  for (let position = from; position < to; position++) {
    const line = lines[position]!;
    if (line !== "" && !COMMENT.test(line)) return false;
  }
  return true;
}

function smallestIndent(lines: readonly string[], from: number, to: number): number {
  let smallest = Infinity;
  for (let position = from; position < to; position++) {
    const line = lines[position]!;
    // The closing bracket of a class stands further left than its body, whose boundaries are looked for.
    if (line !== "" && !(position === to - 1 && CONTINUATION.test(line))) smallest = Math.min(smallest, indentOf(line));
  }
  return smallest;
}

function indentOf(line: string): number {
  let indent = 0;
  for (const character of line) {
    if (character === " ") indent++;
    else if (character === "\t") indent += TAB_WIDTH;
    else break;
  }
  return indent;
}

function trimBlank(lines: readonly string[], from: number, to: number): Range | undefined {
  let start = from;
  let end = to;
  while (start < end && lines[start] === "") start++;
  while (end > start && lines[end - 1] === "") end--;
  return start === end ? undefined : [start, end];
}
