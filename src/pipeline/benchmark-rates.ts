import { NO_TOKENS } from "../domain/token-usage.ts";
import type { Embedder, TokenCounter } from "../ports/embedder.ts";
import type { Reranker } from "../ports/reranker.ts";
import type { RateAtLength, RerankingRate } from "./benchmark-report.ts";
import { meanOf, repeatFor, spreadOf } from "./benchmark-timing.ts";
import { textsOfLength } from "./benchmark-texts.ts";

export interface RateOptions {
  /** Texts are cut from these. */
  readonly documents: readonly string[];
  /** For each length. */
  readonly timeBoxMs: number;
  /** Told before each length is measured. */
  readonly onLength: (textTokens: number) => void;
  readonly signal?: AbortSignal | undefined;
}

interface Run {
  readonly tokens: number;
  readonly elapsedMs: number;
}

/** A short passage, the longest one that is usual (`--passage-tokens`), and about as much as an encoder can read. */
const LENGTHS = [64, 256, 512] as const;
const LONGEST = 1024;
/** Different ones: no run can profit from the one before. */
const TEXTS = 4;
/** The candidates of a search are at most this long, where nobody has asked for other passages. */
export const PASSAGE_TOKENS = 256;

/** Three lengths of text that the model can read, or begin to read, shortest first. */
function textLengths(maxTokens: number): readonly number[] {
  return maxTokens > LONGEST ? [...LENGTHS.slice(0, -1), LONGEST] : LENGTHS;
}

/** One text after the other, as an index is built. */
export async function measureEmbedding(embedder: Embedder, options: RateOptions): Promise<RateAtLength[]> {
  const { maxTokens } = embedder.spec;
  const { signal } = options;
  return measureLengths(textLengths(maxTokens), embedder, options, async (text) => {
    const [count = 0] = await embedder.countTokens([text]);
    const startedAt = performance.now();
    await embedder.embedPassages([text], { ...(signal && { signal }) });
    return { tokens: Math.min(count, maxTokens), elapsedMs: performance.now() - startedAt };
  });
}

export interface RerankingOptions extends RateOptions {
  readonly query: string;
  readonly candidateCount: number;
}

/** Pairs of one query, as a search judges its candidates. */
export async function measureReranking(
  { embedder, reranker }: { readonly embedder: Embedder; readonly reranker: Reranker },
  options: RerankingOptions,
): Promise<RerankingRate[]> {
  const { query, candidateCount, signal } = options;
  const shared = { ...(signal && { signal }) };
  const queryMs = await repeatFor(QUERY_BOX_SHARE * options.timeBoxMs, async () => {
    const startedAt = performance.now();
    await embedder.embedQuery(query, shared);
    return performance.now() - startedAt;
  });
  const rates = await measureLengths(textLengths(reranker.spec.maxTokens), embedder, options, async (text) => {
    let usage = NO_TOKENS;
    const startedAt = performance.now();
    await reranker.score(query, [text], { ...shared, onUsage: (used) => (usage = used) });
    return { tokens: usage.computedTokens, elapsedMs: performance.now() - startedAt };
  });
  return rates.map((rate) => ({ ...rate, searchMs: spreadOf(queryMs).median + candidateCount * rate.ms.median }));
}

/** A query is short, and embedding was measured before. */
const QUERY_BOX_SHARE = 0.1;

async function measureLengths(
  lengths: readonly number[],
  counter: TokenCounter,
  { documents, timeBoxMs, onLength, signal }: RateOptions,
  run: (text: string) => Promise<Run>,
): Promise<RateAtLength[]> {
  const rates: RateAtLength[] = [];
  for (const textTokens of lengths) {
    onLength(textTokens);
    const texts = await textsOfLength(documents, textTokens, TEXTS, counter);
    const runs = await repeatFor(timeBoxMs, async (repeat) => {
      signal?.throwIfAborted();
      return run(texts[repeat % TEXTS] ?? "");
    });
    rates.push({
      textTokens,
      tokens: meanOf(runs.map(({ tokens }) => tokens)),
      runs: runs.length,
      tokensPerSecond: spreadOf(runs.map(({ tokens, elapsedMs }) => (tokens / elapsedMs) * 1000)),
      ms: spreadOf(runs.map(({ elapsedMs }) => elapsedMs)),
    });
  }
  return rates;
}
