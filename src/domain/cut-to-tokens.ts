import { estimateTokens } from "./estimate-tokens.ts";

/** No estimate counts more units than this as one token. */
const MOST_UNITS_PER_TOKEN = 4;

export interface CutText {
  readonly text: string;
  /** The end was left out. */
  readonly truncated: boolean;
}

/**
 * The beginning of a text, of at most so many tokens by our estimate, for models whose tokenizer is not at hand. No character is cut in
 * half, and halves that were there already become U+FFFD: servers refuse text with them.
 *
 * @param maxTokens `Infinity` for no limit.
 */
export function cutToTokens(text: string, maxTokens: number): CutText {
  const limit = Math.floor(maxTokens);
  // What is beyond need not be looked at, however long the text is.
  const sent = text.toWellFormed().slice(0, limit * MOST_UNITS_PER_TOKEN);
  if (sent.length === text.length && estimateTokens(sent) <= limit) return { text: sent, truncated: false };
  let fits = 0;
  let tooLong = sent.length + 1;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (estimateTokens(sent.slice(0, middle)) <= limit) fits = middle;
    else tooLong = middle;
  }
  const endsInside = (sent.charCodeAt(fits - 1) & 0xfc00) === 0xd800;
  return { text: sent.slice(0, endsInside ? fits - 1 : fits), truncated: true };
}
