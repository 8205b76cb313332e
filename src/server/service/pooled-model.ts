import type { ModelSpec } from "../../domain/model-spec.ts";
import { defer } from "../../domain/deferred.ts";
import type { StartedModel } from "./model-source.ts";

/** Node, ONNX Runtime and its buffers, beside the weights. Each of the bundled pair takes 141 MB when it is loaded and 177 MB after long texts, with 48 MB of files. */
const PROCESS_BYTES = 120_000_000;
/** Weights are read, and laid out anew for the processor, before the copy that was read is let go. */
const WEIGHTS_FACTOR = 1.2;
/** Failures in a row, after which another process may do better. */
const MAX_FAILURES = 3;

const MEASURE_EVERY_MS = 10_000;

export type PooledState = "waiting" | "loading" | "loaded" | "closing";

/** What is told of a model in the pool. */
export interface PooledStatus {
  readonly spec: ModelSpec;
  readonly state: "loading" | "loaded";
  readonly device: string | null;
  readonly memoryBytes: number | null;
}

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
  #measuring: Promise<void> | undefined;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  constructor(spec: ModelSpec) {
    this.spec = spec;
  }

  /** What it takes, or will take, as far as is known. */
  get heldBytes(): number {
    if (this.state === "waiting") return 0;
    return this.memoryBytes ?? estimateMemory(this.spec);
  }

  /** Its process has died, and may not have been started again. */
  hasDied = false;

  /** Whether a process runs: one that has died is started again by the requests that were with it alone. */
  async isAlive(): Promise<boolean> {
    try {
      await this.started?.memoryBytes();
      return true;
    } catch {
      return false;
    }
  }

  get isBroken(): boolean {
    return this.#failures >= MAX_FAILURES;
  }

  /** How often the process has shown that it lives. */
  signs = 0;

  /** Keeps account of how the process answers. */
  tellOutcome(isFailure: boolean): void {
    if (!isFailure) this.tellSign();
    this.#failures = isFailure ? this.#failures + 1 : 0;
  }

  tellSign(): void {
    this.signs += 1;
  }

  /** `undefined` while it is on its way out. */
  get status(): PooledStatus | undefined {
    const { spec, state, device, memoryBytes } = this;
    if (state === "closing") return undefined;
    return { spec, state: state === "loaded" ? "loaded" : "loading", device, memoryBytes };
  }

  /** Asks the process how much memory it takes. One that has not answered yet is not asked again. Never rejects. */
  measure(): Promise<void> {
    const { started } = this;
    if (this.state !== "loaded" || started === undefined) return Promise.resolve();
    this.#measuring ??= this.#ask(started);
    return this.#measuring;
  }

  measureNowAndThen(): void {
    if (performance.now() - this.#measuredAt > MEASURE_EVERY_MS) void this.measure();
  }

  async #ask(started: StartedModel): Promise<void> {
    try {
      const bytes = await started.memoryBytes();
      if (bytes > 0) this.memoryBytes = bytes;
    } catch {
      // The process has died or was ended: the last number stands until there is another.
    }
    this.#measuredAt = performance.now();
    this.#measuring = undefined;
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
