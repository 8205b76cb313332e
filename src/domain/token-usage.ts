/** What the second stage cost in tokens. */
export interface TokenUsage {
  /** Tokens that went through the model. */
  readonly computedTokens: number;
  /** Tokens of instruction and query whose keys and values were kept from the pair before: they cost nothing again. */
  readonly savedTokens: number;
}

export const NO_TOKENS: TokenUsage = { computedTokens: 0, savedTokens: 0 };

export function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return { computedTokens: a.computedTokens + b.computedTokens, savedTokens: a.savedTokens + b.savedTokens };
}
