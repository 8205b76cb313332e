import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import type { ModelNames } from "./model-names.ts";
import type { ModelPool } from "./model-pool.ts";
import type { ServiceEvent } from "./model-source.ts";

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
