/** A part of a Markdown text that can be parsed by itself. */
export interface MarkdownSection {
  readonly text: string;
  /** From 1. */
  readonly firstLine: number;
}

/**
 * The parser's time grows faster than the text (20,000 list items take 4 s, 5,000 take 0.4 s), so long texts go to it in
 * sections. Texts below this size, nearly all, are one section.
 */
const SECTION_CHARS = 48_000;
/** A section without a heading or a paragraph to end at is cut at any line. */
const MAX_SECTION_CHARS = 4 * SECTION_CHARS;

/** Cuts before headings, else before paragraphs, never inside fenced code unless that alone is longer than a section may be. */
export function splitMarkdown(text: string): MarkdownSection[] {
  if (text.length <= SECTION_CHARS) return [{ text, firstLine: 1 }];
  const sections: MarkdownSection[] = [];
  const lines = text.split("\n");
  let start = 0;
  let length = 0;
  let fence: string | undefined;
  lines.forEach((line, position) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    const afterBlank = position > 0 && lines[position - 1]!.trim() === "";
    const startsBlock = /^#{1,6}\s/.test(line) || (afterBlank && /^[\p{L}\p{N}*_[`]/u.test(line) && !/^(?:[*+-]|\d+[.)])\s/.test(line));
    const full = length >= SECTION_CHARS && fence === undefined && startsBlock;
    if (full || length + line.length > MAX_SECTION_CHARS) {
      if (position > start) sections.push({ text: lines.slice(start, position).join("\n"), firstLine: start + 1 });
      start = position;
      length = 0;
    }
    if (mark !== undefined) {
      if (fence === undefined) fence = mark;
      else if (mark[0] === fence[0] && mark.length >= fence.length) fence = undefined;
    }
    length += line.length + 1;
  });
  sections.push({ text: lines.slice(start).join("\n"), firstLine: start + 1 });
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
