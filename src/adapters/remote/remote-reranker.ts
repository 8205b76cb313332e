import type { RemoteSpec } from "../../domain/model-spec.ts";
import type { RerankDialectName } from "../../domain/remote-model.ts";
import type { RelevanceCache } from "../../ports/relevance-cache.ts";
import type { ProviderLimits, RemoteBounds, RemoteCost, RemoteEndpoint } from "../../ports/remote-provider.ts";
import type { Reranker } from "../../ports/reranker.ts";
import type { RemoteTransport } from "./remote-transport.ts";

export interface RemoteRerankerOptions {
  readonly spec: RemoteSpec;
  readonly endpoint: RemoteEndpoint<RerankDialectName>;
  readonly transport: RemoteTransport;
  readonly bounds: RemoteBounds;
  /** In the place of the provider's known ones. */
  readonly limits?: Partial<ProviderLimits>;
  /** Answers from it make no request. */
  readonly cache?: RelevanceCache;
  /** What all calls have cost so far; after each request, and after calls that the cache answered. */
  readonly onCost?: (cost: RemoteCost) => void;
}

export function createRemoteReranker(options: RemoteRerankerOptions): Reranker {
  throw new Error(`not built yet: ${options.spec.id}`);
}
