const graphemeSegmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

// A cluster longer than this (stacked accents made for fun) may be cut, but never inside a surrogate pair.
const LONGEST_CLUSTER = 64;

/** The user-perceived characters of a text, in order. */
export function graphemesOf(text: string): string[] {
  const graphemes: string[] = [];
  let from = 0;
  for (let position = 1; position <= text.length; position += 1) {
    if (position < text.length && !isPlainBoundary(text, position)) continue;
    // The segmenter takes 0.8 µs a character, so it is asked only where characters may join.
    if (position - from === 1) graphemes.push(text[from]!);
    else for (const { segment } of graphemeSegmenter.segment(text.slice(from, position))) graphemes.push(segment);
    from = position;
  }
  return graphemes;
}

/**
 * The last place at or before `position` where the text may be cut without breaking a user-perceived character (an
 * accented letter, an emoji family, a surrogate pair). `position` counts UTF-16 code units. Looks only at the
 * neighbourhood, so it costs the same in a text of any length.
 */
export function graphemeFloor(text: string, position: number): number {
  if (position <= 0) return 0;
  if (position >= text.length) return text.length;
  if (isPlainBoundary(text, position)) return position;
  let from = position - 1;
  const earliest = Math.max(0, position - LONGEST_CLUSTER);
  while (from > earliest && !isPlainBoundary(text, from)) from -= 1;
  if (from > 0 && isLowSurrogate(text.charCodeAt(from))) from -= 1;
  let floor = from;
  for (const { index } of graphemeSegmenter.segment(text.slice(from, position + LONGEST_CLUSTER))) {
    if (from + index > position) break;
    floor = from + index;
  }
  if (floor > from || isPlainBoundary(text, from) || from === 0) return floor;
  return isLowSurrogate(text.charCodeAt(position)) ? position - 1 : position;
}

/** The first place at or after `position` where the text may be cut, see `graphemeFloor`. */
export function graphemeCeiling(text: string, position: number): number {
  let ceiling = position;
  while (ceiling < text.length && graphemeFloor(text, ceiling) < ceiling) ceiling += 1;
  return Math.min(ceiling, text.length);
}

/** Both neighbours are characters that never join with another one, so that the segmenter need not be asked. */
function isPlainBoundary(text: string, position: number): boolean {
  return isPlain(text.charCodeAt(position - 1)) && isPlain(text.charCodeAt(position));
}

function isPlain(codeUnit: number): boolean {
  // Carriage return joins with line feed. Latin, then Greek and Cyrillic without their combining marks.
  if (codeUnit < 0x300) return codeUnit !== 0x0d && codeUnit !== 0xad;
  if (codeUnit >= 0x370 && codeUnit < 0x530) return codeUnit < 0x483 || codeUnit > 0x489;
  // Dashes, quotation marks, ellipsis.
  if (codeUnit >= 0x2010 && codeUnit <= 0x2027) return true;
  // Kana, CJK punctuation and ideographs, without the combining tone and voicing marks; Hangul syllables; full width.
  if (codeUnit >= 0x3000 && codeUnit < 0xa000) {
    return !(codeUnit >= 0x302a && codeUnit <= 0x302f) && codeUnit !== 0x3099 && codeUnit !== 0x309a;
  }
  return (codeUnit >= 0xac00 && codeUnit <= 0xd7a3) || (codeUnit >= 0xff01 && codeUnit <= 0xff9d);
}

function isLowSurrogate(codeUnit: number): boolean {
  return codeUnit >= 0xdc00 && codeUnit <= 0xdfff;
}
