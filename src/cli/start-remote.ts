import { homedir } from "node:os";
import { join } from "node:path";
import { openSqliteCache } from "../adapters/relevance-cache/sqlite-cache.ts";
import { createRemoteEmbedder } from "../adapters/remote/embed-remote.ts";
import { createRemoteReranker } from "../adapters/remote/remote-reranker.ts";
import { cacheFolder } from "../config/cache-folder.ts";
import { readEnvironment, type Environment } from "../config/environment.ts";
import type { RemoteSpec } from "../domain/model-spec.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { RelevanceCache } from "../ports/relevance-cache.ts";
import type { RemoteCost } from "../ports/remote-provider.ts";
import type { Reranker } from "../ports/reranker.ts";
import { openTransport } from "./remote-connection.ts";
import { findEmbedEndpoint, findRerankEndpoint } from "./remote-endpoint.ts";
import { remoteBounds, type RemoteSettings } from "./remote-settings.ts";

/** A model behind an API, with all that its calls need. */
export interface RemotePort<Port> {
  readonly port: Port;
  /** So far. */
  cost(): RemoteCost;
  /** Rejects what is under way. May be called twice. */
  close(): Promise<void>;
}

/** Where all commands of this user keep what remote rerankers have answered. */
export function remoteCachePath(env: Environment): string {
  return join(cacheFolder(env, homedir(), process.platform), "remote-relevances.sqlite");
}

const NO_COST: RemoteCost = { requests: 0, tokens: 0, isEstimated: false, cacheHits: 0 };

export function startRemoteEmbedder(spec: RemoteSpec, settings: RemoteSettings): RemotePort<Embedder> {
  const env = readEnvironment();
  const { endpoint } = findEmbedEndpoint(spec.id, settings, env);
  const transport = openTransport(settings, env);
  const closing = closingSignal(() => transport.close());
  let cost = NO_COST;
  const embedder = createRemoteEmbedder({ spec, endpoint, transport, bounds: remoteBounds(settings), dimensions: spec.askedDimensions, onCost: (now) => (cost = now) });
  const port: Embedder = {
    spec,
    embedQuery: (query, options = {}) => embedder.embedQuery(query, { ...options, signal: closing.with(options.signal) }),
    embedPassages: (texts, options = {}) => embedder.embedPassages(texts, { ...options, signal: closing.with(options.signal) }),
    countTokens: (texts) => embedder.countTokens(texts),
  };
  return { port, cost: () => cost, close: closing.close };
}

export function startRemoteReranker(spec: RemoteSpec, settings: RemoteSettings, onNotice: (line: string) => void): RemotePort<Reranker> {
  const env = readEnvironment();
  const { endpoint } = findRerankEndpoint(spec.id, settings, env);
  const cache = openCache(settings, env, onNotice);
  const transport = openTransport(settings, env);
  const closing = closingSignal(async () => {
    await transport.close();
    cache?.close();
  });
  let cost = NO_COST;
  const reranker = createRemoteReranker({
    spec,
    endpoint,
    transport,
    bounds: remoteBounds(settings),
    limits: { maxDocumentTokens: spec.maxTokens },
    ...(cache && { cache }),
    onCost: (now) => (cost = now),
  });
  const port: Reranker = { spec, score: (query, texts, options = {}) => reranker.score(query, texts, { ...options, signal: closing.with(options.signal) }) };
  return { port, cost: () => cost, close: closing.close };
}

function openCache({ cacheEntries: maxEntries, cacheTtl: ttlMs }: RemoteSettings, env: Environment, onNotice: (line: string) => void): RelevanceCache | undefined {
  return maxEntries === 0 ? undefined : openSqliteCache({ path: remoteCachePath(env), maxEntries, ttlMs, onNotice });
}

/** A signal for all calls of a port, which its end aborts. */
function closingSignal(release: () => Promise<void>): { with(signal: AbortSignal | undefined): AbortSignal; close(): Promise<void> } {
  const controller = new AbortController();
  let closed: Promise<void> | undefined;
  return {
    with: (signal) => (signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal])),
    close() {
      controller.abort(new Error("the remote model was closed"));
      return (closed ??= release());
    },
  };
}
