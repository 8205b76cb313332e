import type { TokenCounter } from "../../src/ports/embedder.ts";

export interface WordCounter extends TokenCounter {
  readonly calls: number;
}

/** Counts a Latin word for each eight characters begun, a CJK character or emoji as one token each, punctuation as nothing. */
export function createWordCounter({ wholeCostsMore = 1 } = {}): WordCounter {
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    async countTokens(texts) {
      calls += 1;
      return texts.map((text) => {
        const words = text.match(/[\p{Script=Latin}\p{N}]{1,8}|[^\p{Script=Latin}\p{N}\p{P}\s]/gu)?.length ?? 0;
        return words > 20 ? Math.ceil(words * wholeCostsMore) : words;
      });
    },
  };
}
