/** A part of a Markdown text that can be parsed by itself. */
export interface MarkdownSection {
  readonly text: string;
  /** From 1. */
  readonly firstLine: number;
  /** Not worth a parser: data in one endless line. */
  readonly isPlain: boolean;
}

/**
 * The parser's time grows faster than the text (20,000 list items take 4 s, 2,000 take 0.1 s), so long texts go to it in
 * sections. Texts below this size, nearly all, are one section.
 */
const SECTION_CHARS = 48_000;
/** A section without a place to end at is cut at any line. */
const MAX_SECTION_CHARS = 4 * SECTION_CHARS;
/** Prose never has such lines; on brackets and stars in one, the parser's time is quadratic. */
const MAX_LINE_CHARS = 20_000;

/** A line that begins something new whatever stood before it: a heading, an outer list item, a row of a table. */
const BEGINS_BLOCK = /^(?:#{1,6}\s|[*+-]\s|\d+[.)]\s|\|)/;
const DELIMITER_ROW = /^\|?[\s:|-]*-[\s:|-]*$/;

/** Cuts where blocks begin, never inside fenced code unless that alone is longer than a section may be. */
export function splitMarkdown(text: string): MarkdownSection[] {
  const lines = text.split("\n");
  if (text.length <= SECTION_CHARS && lines.every((line) => line.length <= MAX_LINE_CHARS)) return [{ text, firstLine: 1, isPlain: false }];
  const sections: MarkdownSection[] = [];
  let start = 0;
  let length = 0;
  let fence: string | undefined;
  /** Header and delimiter row of the table that the current line is in: a section that continues it begins with them. */
  let table: readonly string[] = [];
  let carried: readonly string[] = [];

  function endSection(end: number): void {
    if (end > start) sections.push({ text: [...carried, ...lines.slice(start, end)].join("\n"), firstLine: start + 1 - carried.length, isPlain: false });
    [start, length, carried] = [end, 0, []];
  }

  lines.forEach((line, position) => {
    if (line.length > MAX_LINE_CHARS) {
      endSection(position);
      sections.push({ text: line, firstLine: position + 1, isPlain: true });
      start = position + 1;
      return;
    }
    const next = lines[position + 1] ?? "";
    if (!line.includes("|")) table = [];
    else if (table.length === 0 && DELIMITER_ROW.test(next) && next.includes("|")) table = [line, next];
    const isInTable = table.length > 0 && line !== table[0] && line !== table[1];
    const afterBlank = position > 0 && lines[position - 1]!.trim() === "";
    const begins = BEGINS_BLOCK.test(line) ? table.length === 0 || isInTable : afterBlank && /^[^\s>]/.test(line);
    if ((length >= SECTION_CHARS && fence === undefined && begins) || length + line.length > MAX_SECTION_CHARS) {
      endSection(position);
      if (isInTable) carried = table;
    }
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === undefined) fence = mark;
      else if (mark[0] === fence[0] && mark.length >= fence.length) fence = undefined;
    }
    length += line.length + 1;
  });
  endSection(lines.length);
  return sections;
}

/**
 * Takes out what is no prose and costs the parser dearly, without moving a line: pictures inside data addresses, and
 * quotes nested deeper than anybody reads (the parser's time is quadratic in the depth).
 */
export function withoutCostlyMarkup(text: string): string {
  return text
    .replace(/data:[\w.+-]+\/[\w.+-]+(?:;[\w=.+-]+)*;base64,[A-Za-z0-9+/=]+/g, "data:")
    .replace(/^(?:[ \t]*>){10,}/gm, ">");
}
