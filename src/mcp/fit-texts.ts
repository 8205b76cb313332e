/** A text as an agent gets it. */
export interface FittedText {
  readonly text: string;
  /** Characters (UTF-16 code units) that were left out at its end. */
  readonly cutCharacters: number;
}

export interface TextRoom {
  /** Of one text. */
  readonly maxEach: number;
  /** Of all texts together. */
  readonly maxTotal: number;
}

/** Where there is not room for all, the first texts get theirs, but the last ones still show how they begin. */
const LEAST_EACH = 240;

/** Cuts texts to what a context window has room for. The first ones matter most. */
export function fitTexts(texts: readonly string[], { maxEach, maxTotal }: TextRoom): FittedText[] {
  const least = Math.min(LEAST_EACH, Math.floor(maxTotal / Math.max(1, texts.length)));
  let left = maxTotal;
  return texts.map((text, position) => {
    const kept = Math.max(least, left - least * (texts.length - position - 1));
    const shown = cut(text, Math.min(maxEach, kept));
    left -= shown.length;
    return { text: shown, cutCharacters: text.length - shown.length };
  });
}

/** The beginning of a text, at most so long, without half a surrogate pair at its end. */
export function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? maxLength - 1 : maxLength);
}
