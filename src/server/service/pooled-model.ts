import type { ModelSpec } from "../../domain/model-spec.ts";
import { defer } from "./deferred.ts";
import type { StartedModel } from "./model-source.ts";

/** Node, ONNX Runtime and its buffers, beside the weights. The bundled models take about 150 MB each, with 48 MB of files. */
const PROCESS_BYTES = 100_000_000;
/** Weights are read, and laid out anew for the processor, before the copy that was read is let go. */
const WEIGHTS_FACTOR = 1.2;
/** Failures in a row, after which another process may do better. */
const MAX_FAILURES = 3;

export type PooledState = "waiting" | "loading" | "loaded" | "closing";

/** A model in the pool, from the first wish for it to the end of its process. */
export class PooledModel {
  readonly spec: ModelSpec;
  state: PooledState = "waiting";
  started: StartedModel | undefined;
  /** Resolves when it can answer; rejects with ServiceError when it cannot be loaded. */
  readonly ready = defer<StartedModel>();
  /** Resolves when it has left the pool. */
  readonly gone = defer<void>();
  /** Set while it is to make room for another one: it finishes its work, and takes no more. Resolves when it is gone, or may stay. */
  leaving: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  /** Calls that work with it or wait for it. */
  leases = 0;
  /** Grows with each use of any model. */
  lastUse = 0;
  device: string | null = null;
  /** Measured; `null` until then. */
  memoryBytes: number | null = null;
  measuredAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  constructor(spec: ModelSpec) {
    this.spec = spec;
  }

  /** What it takes, or will take, as far as is known. */
  get heldBytes(): number {
    if (this.state === "waiting") return 0;
    return this.memoryBytes ?? estimateMemory(this.spec);
  }

  get isBroken(): boolean {
    return this.#failures >= MAX_FAILURES;
  }

  /** Keeps account of how the process answers. */
  tellOutcome(isFailure: boolean): void {
    this.#failures = isFailure ? this.#failures + 1 : 0;
  }

  leave(): void {
    const { promise, resolve } = defer<void>();
    this.leaving ??= { over: promise, end: resolve };
  }

  stay(): void {
    this.leaving?.end();
    this.leaving = undefined;
  }
}

/** One process serves one role of one model. */
export function poolKey({ role, fingerprint }: Pick<ModelSpec, "role" | "fingerprint">): string {
  return `${role} ${fingerprint}`;
}

/** Memory that a model will take, before anybody has measured. */
export function estimateMemory({ sizeBytes }: Pick<ModelSpec, "sizeBytes">): number {
  return PROCESS_BYTES + Math.ceil(sizeBytes * WEIGHTS_FACTOR);
}
