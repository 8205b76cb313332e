import { estimateTokens } from "./estimate-tokens.ts";

/** Estimates are about right: this much of a limit is used, so that a text of many short words is not refused. */
const MARGIN = 0.9;

export interface CutText {
  readonly text: string;
  /** The end was left out. */
  readonly truncated: boolean;
}

/**
 * The beginning of a text that a model surely reads to its end, told by estimate where its tokenizer is not at hand. No character is cut
 * in half, and halves that were there already become U+FFFD: servers refuse text with them.
 *
 * @param maxTokens what the model reads; `Infinity` for no limit.
 */
export function cutToTokens(text: string, maxTokens: number): CutText {
  const limit = Math.floor(maxTokens * MARGIN);
  const sent = text.toWellFormed();
  // Nothing is estimated as more than a token for each unit.
  if (sent.length <= limit || estimateTokens(sent) <= limit) return { text: sent, truncated: false };
  let fits = 0;
  let tooLong = sent.length;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (estimateTokens(sent.slice(0, middle)) <= limit) fits = middle;
    else tooLong = middle;
  }
  const endsInside = (sent.charCodeAt(fits - 1) & 0xfc00) === 0xd800;
  return { text: sent.slice(0, endsInside ? fits - 1 : fits), truncated: true };
}
