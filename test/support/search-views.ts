import type { IndexView, IndexViews } from "../../src/server/search/index-view.ts";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import { ServiceError } from "../../src/server/service-error.ts";
import { createFakeEmbedder, fakeSpec } from "./fake-models.ts";
import { filledStore } from "./filled-store.ts";

export interface FakeViews extends IndexViews {
  /** Searches under way. */
  readonly users: number;
  readonly isClosed: boolean;
}

/** An index in memory of these passages, a line each, by path, with vectors of the fake service's embedder; without any: no index. */
export async function createFakeViews(texts: Readonly<Record<string, readonly string[]>> | undefined, failure?: () => Error | undefined): Promise<FakeViews> {
  const embedder = fakeSpec("embedder", "mini");
  const store = await filledStore(texts ?? {}, createFakeEmbedder({ spec: embedder }));
  let users = 0;
  let isClosed = false;
  const manifest: IndexView["manifest"] = {
    formatVersion: 1,
    embedderId: embedder.id,
    embedderFingerprint: embedder.fingerprint,
    rerankerId: "mini",
    dimensions: embedder.dimensions,
    chunking: { maxTokens: 256, overlapTokens: 32 },
    roots: [],
    createdAt: "2026-11-21T18:00:00.000Z",
  };
  return {
    get users() {
      return users;
    },
    get isClosed() {
      return isClosed;
    },
    async use(work) {
      const error = failure?.();
      if (error !== undefined) throw error;
      if (texts === undefined) throw new ServiceError("not-found", "no index here; run rerank index");
      users++;
      try {
        return await work({ baseFolder: "/home/ana/notes", manifest, store, vectorIndex: createExactIndex(store.vectors(), embedder.dimensions), embedder });
      } finally {
        users--;
      }
    },
    close() {
      isClosed = true;
    },
  };
}
