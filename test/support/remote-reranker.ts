import { onTestFinished } from "vitest";
import { createRemoteReranker, readsInstruction, type RemoteRerankerOptions } from "../../src/adapters/remote/remote-reranker.ts";
import { createRemoteTransport, type RemoteTransport, type RemoteTransportOptions } from "../../src/adapters/remote/remote-transport.ts";
import type { RemoteSpec } from "../../src/domain/model-spec.ts";
import type { RerankDialectName } from "../../src/domain/remote-model.ts";
import type { KnownRelevance, RelevanceCache } from "../../src/ports/relevance-cache.ts";
import type { RemoteBounds, RemoteEndpoint } from "../../src/ports/remote-provider.ts";
import type { Reranker } from "../../src/ports/reranker.ts";

export const REMOTE_KEY = "sk-very-secret-0123456789";
export const REMOTE_BOUNDS: RemoteBounds = { timeoutMs: 10_000, deadlineMs: undefined, retries: 0, concurrency: 4, requestsPerMinute: undefined };

export interface RemoteRerankerSetting extends Partial<Pick<RemoteRerankerOptions, "limits" | "cache" | "onCost">> {
  readonly bounds?: Partial<RemoteBounds>;
  readonly endpoint?: Partial<RemoteEndpoint<RerankDialectName>>;
  readonly transport?: Partial<RemoteTransportOptions>;
}

/** A reranker that asks the server, with a transport of its own until the test has finished. */
export function openRemoteReranker(url: string, dialect: RerankDialectName, { bounds = {}, endpoint = {}, transport = {}, ...options }: RemoteRerankerSetting = {}): Reranker & { readonly transport: RemoteTransport } {
  const all: RemoteEndpoint<RerankDialectName> = { dialect, url, model: "model-1", key: { reveal: () => REMOTE_KEY }, template: "server", allowPlainHttp: false, ...endpoint };
  const opened = createRemoteTransport({ bounds: { ...REMOTE_BOUNDS, ...bounds }, proxies: { http: undefined, https: undefined, noProxy: [] }, ...transport });
  onTestFinished(() => opened.close());
  const reranker = createRemoteReranker({ spec: remoteSpecOf(all), endpoint: all, transport: opened, bounds: { ...REMOTE_BOUNDS, ...bounds }, ...options });
  return { ...reranker, transport: opened };
}

export function remoteSpecOf(endpoint: RemoteEndpoint<RerankDialectName>): RemoteSpec {
  const { dialect, url, model, template } = endpoint;
  return {
    role: "reranker",
    family: "remote",
    id: `${dialect}:${model ?? ""}`,
    revision: "unknown",
    precision: "remote",
    source: "remote",
    folder: "",
    graphPath: "",
    maxTokens: 4000,
    dimensions: 0,
    readsInstruction: readsInstruction(endpoint),
    licence: "unknown",
    sizeBytes: 0,
    fingerprint: `remote ${dialect} ${model ?? ""} ${template}`,
    dialect,
    url,
    template,
  };
}

export function createMapCache(): RelevanceCache & { readonly entries: Map<string, KnownRelevance> } {
  const entries = new Map<string, KnownRelevance>();
  return {
    entries,
    get: (key) => entries.get(key),
    set: (key, known) => void entries.set(key, known),
    get entryCount() {
      return entries.size;
    },
    close() {},
  };
}
