import { onTestFinished } from "vitest";
import type { Caller, ModelService } from "../../src/server/model-service.ts";
import { createModelService, type ModelServiceOptions } from "../../src/server/service/create-model-service.ts";
import { ServiceError } from "../../src/server/service-error.ts";
import type { KnownRelevance, RelevanceCache } from "../../src/ports/relevance-cache.ts";
import { createFakeSource, type FakeSource, type FakeSourceOptions } from "./fake-model-source.ts";

export interface StartedModelService {
  readonly service: ModelService;
  readonly source: FakeSource;
}

/** A model service over fake models, with the pair "mini" as its own, until the test has finished. */
export function startModelService(options: Partial<ModelServiceOptions> = {}, fake: FakeSourceOptions = {}): StartedModelService {
  const source = createFakeSource(fake);
  const service = createModelService({
    source,
    defaults: { embedder: "mini", reranker: "mini" },
    allowed: [],
    aliases: new Map(),
    memoryBytes: 1e9,
    queueRequests: 100,
    queueTokens: 1e6,
    ...options,
  });
  onTestFinished(() => service.close());
  return { service, source };
}

export function callerNamed(client: string, signal: AbortSignal = new AbortController().signal): Caller {
  return { client, signal };
}

/** The ServiceError that a promise rejects with; any other outcome is a failure of the test. */
export async function serviceErrorOf(promise: Promise<unknown>): Promise<ServiceError> {
  const reason = await promise.then(
    () => new Error("it did not reject"),
    (error: unknown) => error,
  );
  if (reason instanceof ServiceError) return reason;
  throw reason;
}

/** Lets everything happen that needs no more time. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

export interface FakeCache extends RelevanceCache {
  readonly entries: Map<string, KnownRelevance>;
}

export function createFakeCache(): FakeCache {
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
