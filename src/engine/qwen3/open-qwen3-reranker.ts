import type { Qwen3Spec } from "../../domain/model-spec.ts";
import { assertFinite, relevanceOf } from "../../domain/ranking.ts";
import type { EngineOptions, LoadedReranker } from "../loaded-models.ts";
import { type DecoderSession, type KeyValueCache, openDecoderSession } from "./decoder-session.ts";
import { documentWindows, type RerankPrompt, rerankPrompt } from "./prompt.ts";
import { openQwen3Tokenizer } from "./qwen3-tokenizer.ts";
import { testOnce } from "./self-test.ts";

/**
 * Tokens of queries whose keys and values are kept, so that several searches can take turns: 230 kB each in the 0.6B model. The query at
 * hand is kept however long it is.
 */
const KEPT_TOKENS = 512;

/** Loads a compiled reranker. Rejects with UserError when its graph is damaged or fails its self-test. */
export async function openQwen3Reranker(spec: Qwen3Spec, { threads, device = "cpu", longDocuments = "truncate" }: EngineOptions = {}): Promise<LoadedReranker> {
  const tokenizer = await openQwen3Tokenizer(spec.folder);
  const session = await openDecoderSession({ graphPath: spec.graphPath, role: "reranker", device, ...(threads !== undefined && { threads }) });
  await testOnce(spec, tokenizer, session, device);
  const sharedParts = createSharedParts(session);
  const { maxTokens, promptSeparator: separator } = spec;

  return {
    async judge({ query, text, instruction, maxTextTokens, textNumber }) {
      const request = { query, document: text, instruction, separator, maxTokens, maxDocumentTokens: maxTextTokens };
      const whole = rerankPrompt(tokenizer, request);
      const inWindows = whole.truncated && longDocuments === "windows";
      const pairs = inWindows ? documentWindows(tokenizer, request) : [whole];
      const usage = { computedTokens: 0, savedTokens: 0 };
      let logit = Number.NEGATIVE_INFINITY;
      for (const pair of pairs) {
        const { cache, computed } = await sharedParts.of(pair);
        const [value = Number.NaN] = await session.run(pair.ids.slice(cache.length), cache);
        assertFinite(value, `the relevance of text ${textNumber} by ${spec.id}`);
        logit = Math.max(logit, value);
        usage.computedTokens += pair.ids.length - cache.length + computed;
        usage.savedTokens += cache.length - computed;
      }
      const truncated = pairs.some((pair) => pair.truncated);
      return { logit, relevance: relevanceOf(logit), truncated, queryTruncated: whole.queryTruncated, ...usage };
    },
  };
}

interface SharedParts {
  /** The keys and values of what the pair shares with others of its query, and how many tokens were computed for them now. */
  of(pair: RerankPrompt): Promise<{ readonly cache: KeyValueCache; readonly computed: number }>;
}

/** System prompt, instruction and query run once for a query; least recently used queries go. */
function createSharedParts(session: DecoderSession): SharedParts {
  const caches = new Map<string, KeyValueCache>();
  return {
    async of({ ids, sharedCount }) {
      const shared = ids.slice(0, sharedCount);
      const key = shared.join(" ");
      const known = caches.get(key);
      caches.delete(key);
      // Before the new one is computed: both together may be large.
      if (known === undefined) evict(caches, KEPT_TOKENS - sharedCount);
      const cache = known ?? (await session.extend(shared, session.empty));
      caches.set(key, cache);
      return { cache, computed: known === undefined ? cache.length : 0 };
    },
  };
}

/** Removes the least recently used until the rest has at most `maxTokens`. */
function evict(caches: Map<string, KeyValueCache>, maxTokens: number): void {
  let tokens = [...caches.values()].reduce((sum, { length }) => sum + length, 0);
  for (const [key, { length }] of caches) {
    if (tokens <= maxTokens) return;
    caches.delete(key);
    tokens -= length;
  }
}
