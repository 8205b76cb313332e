import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import type { ModelNames } from "./model-names.ts";
import type { ModelPool } from "./model-pool.ts";
import type { ServiceEvent } from "./model-source.ts";

/** Pauses before a process is started anew that has died again, or could not be loaded again. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

const ROLES: readonly ModelRole[] = ["embedder", "reranker"];

export interface DefaultModelsOptions {
  readonly names: Pick<ModelNames, "default">;
  readonly pool: Pick<ModelPool, "lease">;
  readonly onEvent: (event: ServiceEvent) => void;
}

/** The server's own models: the server is ready when both have been loaded. */
export class DefaultModels {
  readonly #options: DefaultModelsOptions;
  readonly #states: Record<ModelRole, "loading" | "ready" | "failed"> = { embedder: "loading", reranker: "loading" };

  readonly #pauses: Record<ModelRole, number> = { embedder: 0, reranker: 0 };
  readonly #lostAt: Record<ModelRole, number> = { embedder: Number.NEGATIVE_INFINITY, reranker: Number.NEGATIVE_INFINITY };
  readonly #timers = new Map<ModelRole, NodeJS.Timeout>();
  #isClosed = false;

  constructor(options: DefaultModelsOptions) {
    this.#options = options;
  }

  /** Begins to load them. */
  load(): void {
    for (const role of ROLES) void this.#load(role);
  }

  /** Stays "ready" when they make room for others, or are started again: until one could not be loaded again. */
  get state(): "loading" | "ready" | "failed" {
    const states = Object.values(this.#states);
    if (states.includes("failed")) return "failed";
    return states.every((state) => state === "ready") ? "ready" : "loading";
  }

  /** A request may have loaded what could not be loaded before, or have found that it cannot be loaded any more. */
  async heard({ role, fingerprint }: ModelSpec, state: "ready" | "failed"): Promise<void> {
    if (this.#states[role] === state) return;
    const spec = await this.#locate(role);
    if (spec?.fingerprint === fingerprint) this.#states[role] = state;
  }

  /** Starts it anew when its process has died: at once, unless that happens again and again. */
  async lost({ role, fingerprint }: ModelSpec): Promise<void> {
    const spec = await this.#locate(role);
    if (spec?.fingerprint !== fingerprint) return;
    this.#states[role] = "loading";
    const now = performance.now();
    if (now - this.#lostAt[role] > LONGEST_PAUSE_MS) this.#pauses[role] = 0;
    this.#lostAt[role] = now;
    this.#reload(role);
  }

  /** Starts nothing any more. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #reload(role: ModelRole): void {
    if (this.#isClosed) return;
    const pauseMs = this.#pauses[role];
    this.#pauses[role] = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * pauseMs));
    clearTimeout(this.#timers.get(role));
    const timer = setTimeout(async () => {
      await this.#load(role);
      if (this.#states[role] === "failed") this.#reload(role);
    }, pauseMs);
    this.#timers.set(role, timer.unref());
  }

  async #load(role: ModelRole): Promise<void> {
    const spec = await this.#locate(role);
    try {
      if (spec === undefined) throw new Error(`the ${role} is missing`);
      const lease = await this.#options.pool.lease(spec);
      lease.release();
      this.#states[role] = "ready";
    } catch {
      // An event has told why, and whoever asks for the model hears it, too.
      this.#states[role] = "failed";
    }
  }

  async #locate(role: ModelRole): Promise<ModelSpec | undefined> {
    try {
      return await this.#options.names.default(role);
    } catch (error) {
      this.#options.onEvent({ type: "default-missing", role, error });
      return undefined;
    }
  }
}
