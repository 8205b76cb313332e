import { cutToTokens } from "../../domain/cut-to-tokens.ts";
import { estimateTokens } from "../../domain/estimate-tokens.ts";
import type { RemoteSpec } from "../../domain/model-spec.ts";
import type { EmbedDialectName } from "../../domain/remote-model.ts";
import type { Embedder, Embedding, EmbedOptions } from "../../ports/embedder.ts";
import type { ProviderLimits, RemoteBounds, RemoteCost, RemoteEndpoint } from "../../ports/remote-provider.ts";
import { splitTexts } from "./embed-batches.ts";
import { createEmbedClient } from "./embed-client.ts";
import type { EmbedBatch } from "./embed-dialect.ts";
import { embedProviderOf } from "./embed-providers.ts";
import { prepareTexts } from "./embed-sides.ts";
import type { RemoteTransport } from "./remote-transport.ts";

export interface RemoteEmbedderOptions {
  readonly spec: RemoteSpec;
  readonly endpoint: RemoteEndpoint<EmbedDialectName>;
  readonly transport: RemoteTransport;
  readonly bounds: RemoteBounds;
  /** In the place of the provider's known ones. */
  readonly limits?: Partial<ProviderLimits>;
  /** Asked for by name, where somebody chose a length: servers whose models cannot be cut refuse it. Absent: the model's own. */
  readonly dimensions?: number | undefined;
  /** What all calls have cost so far, after each request. */
  readonly onCost?: (cost: RemoteCost) => void;
}

/** Tokens are estimated, and models count up to so many times as many, of code and of some languages. */
const ESTIMATE_MARGIN = 1.25;

/**
 * An embedder behind an API. `countTokens` estimates, as nobody has the model's tokenizer here; texts over the model's tokens are cut by
 * the same estimate, and marked. Requests hold as much as the provider's limits allow, and as many are under way as the bounds allow.
 *
 * Its calls reject with RemoteFailure, and with `signal.reason` when aborted.
 *
 * @throws UserError for an address that is none, and for plain http to the open network.
 */
export function createRemoteEmbedder({ spec, endpoint, transport, bounds, limits, dimensions, onCost }: RemoteEmbedderOptions): Embedder {
  const client = createEmbedClient(endpoint, transport);
  const { maxDocuments, maxDocumentTokens, maxRequestTokens } = { ...embedProviderOf(endpoint).limits, ...limits };
  const maxTokens = Math.min(spec.maxTokens, maxDocumentTokens) / ESTIMATE_MARGIN;
  const requestTokens = maxRequestTokens === undefined ? undefined : maxRequestTokens / ESTIMATE_MARGIN;
  let cost: RemoteCost = { requests: 0, tokens: 0, isEstimated: false, cacheHits: 0 };

  async function embed(use: EmbedBatch["use"], texts: readonly string[], { signal, onProgress }: EmbedOptions, instruction?: string): Promise<Embedding[]> {
    signal?.throwIfAborted();
    const prepare = prepareTexts(endpoint, spec.id, use, instruction);
    const cut = texts.map((text) => cutToTokens(prepare.text(text), maxTokens));
    const sent = cut.map(({ text }) => text);
    const ranges = splitTexts(sent, { maxDocuments, maxRequestTokens: requestTokens });
    const embeddings: Embedding[] = Array.from({ length: texts.length });
    const deadlineAt = transport.deadlineAt();
    // The first failure is the call's: what is under way beside it would be paid for nothing.
    const failure = new AbortController();
    const either = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
    let next = 0;
    let done = 0;

    async function work(): Promise<void> {
      for (let range = ranges[next++]; range !== undefined; range = ranges[next++]) {
        const { start, end } = range;
        const batch = { texts: sent.slice(start, end), use, model: endpoint.model, side: prepare.side, dimensions };
        const { vectors, truncated, tokens, isEstimated } = await client.ask(batch, { dimensions: spec.dimensions, signal: either, deadlineAt });
        cost = { ...cost, requests: cost.requests + 1, tokens: cost.tokens + tokens, isEstimated: cost.isEstimated || isEstimated };
        onCost?.(cost);
        for (const [position, vector] of vectors.entries()) {
          embeddings[start + position] = { vector, truncated: cut[start + position]?.truncated === true || truncated.has(position) };
          onProgress?.(++done);
        }
      }
    }

    try {
      await Promise.all(Array.from({ length: Math.min(bounds.concurrency, ranges.length) }, work));
    } catch (error) {
      failure.abort(error);
      throw error;
    }
    return embeddings;
  }

  return {
    spec,
    async embedQuery(query, { instruction, ...options } = {}) {
      const [embedding] = await embed("query", [query], options, instruction);
      if (embedding === undefined) throw new Error("one text, no vector");
      return embedding;
    },
    embedPassages: (texts, options = {}) => embed("passage", texts, options),
    countTokens: async (texts) => texts.map(estimateTokens),
  };
}
