import type { ModelLocator } from "../../adapters/models/model-locator.ts";
import { UserError } from "../../domain/errors.ts";
import type { ModelSpec } from "../../domain/model-spec.ts";
import type { Inference } from "../../inference/inference-client.ts";
import { readyModels } from "../ready-models.ts";

/** A reranker in the process that it is loaded in. */
export interface WarmReranker {
  readonly spec: ModelSpec;
  readonly inference: Inference;
}

export interface RerankerPoolOptions {
  /** Loaded with the embedder: it stays as long as the index is open. */
  readonly own: WarmReranker;
  readonly locator: Pick<ModelLocator, "list">;
  readonly locate: (name: string) => Promise<ModelSpec>;
  /** Forks a process that loads the reranker and nothing else. */
  readonly start: (spec: ModelSpec) => Inference;
}

/** The rerankers that a session compares: its own, and one other that is kept warm beside it. */
export interface RerankerPool {
  /** The one that judges now. */
  current(): WarmReranker;
  /** Those on this machine that can judge at once, without the current one. */
  others(): Promise<string[]>;
  /** Resolves when the reranker has loaded; until then, and where that fails, the current one stays. */
  change(name: string): Promise<void>;
  /** Ends the processes that the pool has started, also one that still loads, and starts no other. */
  close(): Promise<void>;
}

export function createRerankerPool({ own, locator, locate, start }: RerankerPoolOptions): RerankerPool {
  let current = own;
  let other: WarmReranker | undefined;
  let starting: WarmReranker | undefined;
  let isClosed = false;
  let lastChange: Promise<void> = Promise.resolve();

  async function change(name: string): Promise<void> {
    const spec = await locate(name);
    const warm = [own, other].find((each) => each?.spec.fingerprint === spec.fingerprint);
    if (warm !== undefined) {
      await warm.inference.loaded("reranker");
      current = warm;
      return;
    }
    // The session ended while the model was looked for: nobody would end the process.
    if (isClosed) throw new Error("the session has ended");
    const started = { spec, inference: start(spec) };
    const replaced = other;
    starting = started;
    try {
      await started.inference.loaded("reranker");
    } catch (error) {
      await started.inference.close();
      throw error;
    } finally {
      starting = undefined;
    }
    current = other = started;
    await replaced?.inference.close();
  }

  return {
    current: () => current,
    async others() {
      const names = new Map<string, string>([[own.spec.fingerprint, own.spec.id]]);
      for (const name of await readyModels(locator, "reranker")) {
        const spec = await usableSpec(name, locate);
        // The short name goes before the id, which may be a folder's path.
        if (spec !== undefined && (!names.has(spec.fingerprint) || spec.fingerprint === own.spec.fingerprint)) names.set(spec.fingerprint, name);
      }
      names.delete(current.spec.fingerprint);
      return [...names.values()];
    },
    change(name) {
      const changed = lastChange.then(() => change(name));
      lastChange = changed.catch(() => {});
      return changed;
    },
    async close() {
      isClosed = true;
      await Promise.all([other?.inference.close(), starting?.inference.close()]);
    },
  };
}

async function usableSpec(name: string, locate: RerankerPoolOptions["locate"]): Promise<ModelSpec | undefined> {
  try {
    return await locate(name);
  } catch (error) {
    // What cannot be used is not offered; `rerank models list` says why.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
