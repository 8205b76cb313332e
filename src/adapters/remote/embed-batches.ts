import { estimateTokens } from "../../domain/estimate-tokens.ts";
import type { ProviderLimits } from "../../ports/remote-provider.ts";

/** Texts that follow each other, from `start` up to `end`, and go in one request. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** About how many tokens a provider will count for these texts: estimated, for warnings before they are sent. */
export function estimateEmbedTokens(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + estimateTokens(text), 0);
}

/** As few requests as the limits allow. A text that is over the limit of a whole request goes alone. */
export function splitTexts(texts: readonly string[], { maxDocuments, maxRequestTokens = Number.POSITIVE_INFINITY }: Pick<ProviderLimits, "maxDocuments" | "maxRequestTokens">): TextRange[] {
  const ranges: TextRange[] = [];
  let start = 0;
  let tokens = 0;
  for (const [position, text] of texts.entries()) {
    const own = estimateTokens(text);
    if (position > start && (position - start >= maxDocuments || tokens + own > maxRequestTokens)) {
      ranges.push({ start, end: position });
      start = position;
      tokens = 0;
    }
    tokens += own;
  }
  if (texts.length > start) ranges.push({ start, end: texts.length });
  return ranges;
}
