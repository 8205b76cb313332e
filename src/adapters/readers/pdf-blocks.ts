import type { DocumentBlock } from "../../domain/document.ts";
import { joinLines, type PdfLine } from "./pdf-lines.ts";

/** Larger print than the body's by this factor is a heading. */
const HEADING_SCALE = 1.15;
const MAX_HEADING_CHARS = 200;
/** A gap this much wider than the usual one between lines parts paragraphs. */
const PARAGRAPH_GAP = 1.3;
/** Of the font size: wide enough for Chinese, which is set with more space than Latin text. */
const COMMON_LEADING = 1.4;
const LIST_MARK = /^(?:[•‣▪●◦∙·–—*-]|\(?(?:\d{1,3}|[a-z])[.)])\s+\S/;
const SENTENCE_END = /[.!?:。！？：…][”’"')）」』]?$/;

/** Headings by the size of their print, paragraphs by the gaps between lines. */
export function pdfBlocks(lines: readonly PdfLine[]): DocumentBlock[] {
  const bodySize = usualFontSize(lines);
  const headingSizes = [...new Set(lines.filter((line) => isHeading(line, bodySize)).map(({ fontSize }) => roundSize(fontSize)))].sort((a, b) => b - a);
  const leading = usualLeading(lines);
  const words = hyphenatedWords(lines);
  const blocks: DocumentBlock[] = [];
  for (const group of groupLines(lines, bodySize, leading)) {
    const [first] = group;
    const last = group.at(-1);
    if (first === undefined || last === undefined) continue;
    const text = group.slice(1).reduce((joined, line) => joinLines(joined, line.text, words), first.text);
    const place = { startLine: first.lineNumber, endLine: last.lineNumber, page: first.page };
    if (isHeading(first, bodySize) && text.length <= MAX_HEADING_CHARS) {
      blocks.push({ kind: "heading", text, level: Math.min(6, headingSizes.indexOf(roundSize(first.fontSize)) + 1), ...place });
    } else {
      blocks.push({ kind: LIST_MARK.test(text) ? "list-item" : "paragraph", text: text.replace(/^[•‣▪●◦∙]\s+/, ""), ...place });
    }
  }
  return blocks;
}

function groupLines(lines: readonly PdfLine[], bodySize: number, leading: number): PdfLine[][] {
  const groups: PdfLine[][] = [];
  const rightEdges = new Map<number, number>();
  for (const { page, right } of lines) rightEdges.set(page, Math.max(right, rightEdges.get(page) ?? 0));
  for (const line of lines) {
    const group = groups.at(-1);
    const previous = group?.at(-1);
    const goesOn = group !== undefined && previous !== undefined && continues(group, previous, line);
    if (goesOn) group.push(line);
    else groups.push([line]);
  }
  return groups;

  function continues(group: readonly PdfLine[], previous: PdfLine, line: PdfLine): boolean {
    if (line.page !== previous.page || LIST_MARK.test(line.text)) return false;
    if (isHeading(line, bodySize) !== isHeading(previous, bodySize)) return false;
    if (Math.abs(line.fontSize - previous.fontSize) > 0.1 * previous.fontSize) return false;
    const gap = previous.baseline - line.baseline;
    const isUnknown = leading === 0 || isHeading(line, bodySize);
    const usual = isUnknown ? COMMON_LEADING * line.fontSize : Math.max(leading, line.fontSize);
    if (gap <= 0 || gap > PARAGRAPH_GAP * usual) return false;
    const inList = LIST_MARK.test(group[0]!.text);
    if (!inList && line.left - previous.left > 0.8 * line.fontSize && group.length > 1) return false;
    const endsEarly = previous.right < (rightEdges.get(line.page) ?? 0) - 8 * line.fontSize;
    return !(endsEarly && SENTENCE_END.test(previous.text));
  }
}

function isHeading({ fontSize, text }: PdfLine, bodySize: number): boolean {
  return fontSize >= HEADING_SCALE * bodySize && text.length <= MAX_HEADING_CHARS && /\p{L}/u.test(text);
}

function roundSize(fontSize: number): number {
  return Math.round(fontSize * 2) / 2;
}

/** The size of most characters. */
function usualFontSize(lines: readonly PdfLine[]): number {
  const chars = new Map<number, number>();
  for (const { fontSize, text } of lines) chars.set(roundSize(fontSize), (chars.get(roundSize(fontSize)) ?? 0) + text.length);
  let usual = 0;
  let most = 0;
  for (const [size, count] of chars) if (count > most) [usual, most] = [size, count];
  return usual;
}

/** The lower quartile of the distances between neighbouring lines: the gaps between paragraphs are in the upper half. */
function usualLeading(lines: readonly PdfLine[]): number {
  const gaps: number[] = [];
  lines.forEach((line, position) => {
    const previous = lines[position - 1];
    if (previous === undefined || previous.page !== line.page || previous.fontSize !== line.fontSize) return;
    const gap = previous.baseline - line.baseline;
    if (gap > 0 && gap < 4 * line.fontSize) gaps.push(gap);
  });
  gaps.sort((a, b) => a - b);
  const quartile = gaps[Math.floor(gaps.length / 4)] ?? 0;
  // Zero for unknown: a few lines have no leading of their own.
  return gaps.length < 4 ? 0 : Math.min(quartile, 2 * usualFontSize(lines));
}

function hyphenatedWords(lines: readonly PdfLine[]): ReadonlySet<string> {
  const words = new Set<string>();
  for (const { text } of lines) for (const [word] of text.matchAll(/\p{L}+-\p{L}+/gu)) words.add(word.toLowerCase());
  return words;
}
