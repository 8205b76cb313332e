import { UserError } from "../../domain/errors.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import type { WantedModel } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";
import { missingDefault } from "./failures.ts";
import type { ModelSource } from "./model-source.ts";

export interface ModelNamesOptions {
  readonly source: Pick<ModelSource, "locate" | "ready">;
  /** The server's own models, located or by name. */
  readonly defaults: Readonly<Record<ModelRole, ModelSpec | string>>;
  /** Names that a request may use beside the server's own; "*" is every model that is ready on this machine. */
  readonly allowed: readonly string[];
  /** Names under which clients know a model, by the name that it has here. Whoever gives an alias allows it. */
  readonly aliases: ReadonlyMap<string, string>;
  /** In milliseconds. */
  readonly now?: () => number;
}

export interface NamedSpec {
  readonly spec: ModelSpec;
  /** As the client called it, or the server's own name for its default. */
  readonly modelName: string;
}

/** A model and all that a request may call it. */
export interface KnownModel {
  readonly spec: ModelSpec;
  readonly names: readonly string[];
  readonly isDefault: boolean;
}

/** The disk is not searched once for each request with a wrong name. */
const LOOKED_UP_MS = 2000;
/** What was found is looked for again after so long: it may have been pulled anew, or be gone. */
const FOUND_MS = 5 * 60_000;
const MAX_NAMES_TOLD = 20;
const MAX_NAME_LENGTH = 100;

/** Which models a request may name, and which model that is. */
export class ModelNames {
  readonly #source: ModelNamesOptions["source"];
  readonly #now: () => number;
  readonly #defaults: ModelNamesOptions["defaults"];
  readonly #allowed: readonly string[];
  readonly #allowsReady: boolean;
  /** By the name in lower case: what a client calls it, and what it is called here. */
  readonly #aliases = new Map<string, { readonly alias: string; readonly target: string }>();
  /** By role and name. Only names that may be used are looked up, so they are few. */
  readonly #located = new Map<string, { readonly at: number; isHere: boolean; found?: ModelSpec; readonly spec: Promise<ModelSpec> }>();
  readonly #ready = new Map<ModelRole, { readonly at: number; readonly names: Promise<readonly string[]> }>();

  constructor({ source, defaults, allowed, aliases, now = () => performance.now() }: ModelNamesOptions) {
    this.#source = source;
    this.#now = now;
    this.#defaults = defaults;
    this.#allowsReady = allowed.includes("*");
    this.#allowed = allowed.filter((name) => name !== "*");
    for (const [alias, target] of aliases) this.#aliases.set(alias.toLowerCase(), { alias, target });
  }

  /** For tests: names that were looked up, of those that may be used alone. */
  get knownCount(): number {
    return this.#located.size;
  }

  /** Looks for a model anew when it is next asked for: it could not be loaded as it was found. */
  forget({ role, fingerprint }: ModelSpec): void {
    for (const [key, { found }] of this.#located) if (found?.role === role && found.fingerprint === fingerprint) this.#located.delete(key);
  }

  /** Rejects with ServiceError `unknown-model`. */
  async find(wanted: WantedModel, role: ModelRole): Promise<NamedSpec> {
    if (typeof wanted === "object") {
      if (wanted.role !== role) throw new ServiceError("unknown-model", `${wanted.id} is no ${role}`, { param: "model" });
      return { spec: wanted, modelName: wanted.id };
    }
    if (wanted === undefined) {
      const spec = await this.default(role);
      return { spec, modelName: spec.id };
    }
    const spec = await this.#lookUp(wanted, role);
    if (spec === undefined) throw await this.#unknown(wanted, role);
    return { spec, modelName: wanted };
  }

  /** The server's own model. Rejects with ServiceError `unavailable` where it is not on this machine (any more). */
  async default(role: ModelRole): Promise<ModelSpec> {
    const own = this.#defaults[role];
    if (typeof own === "object") return own;
    return this.#locateOr(own, role, (error) => {
      throw missingDefault(role, error);
    });
  }

  /** All models of a role that a request may name, and that are ready; the server's own first. */
  async all(role: ModelRole): Promise<KnownModel[]> {
    const known = new Map<string, { spec: ModelSpec; names: string[]; isDefault: boolean }>();
    const own = await this.#ownSpec(role);
    if (own !== undefined) known.set(own.fingerprint, { spec: own, names: [own.id], isDefault: true });
    for (const name of await this.#usable(role)) {
      const spec = await this.#lookUp(name, role);
      if (spec === undefined) continue;
      const model = known.get(spec.fingerprint) ?? { spec, names: [], isDefault: false };
      if (!model.names.includes(name)) model.names.push(name);
      known.set(spec.fingerprint, model);
    }
    return [...known.values()];
  }

  async #lookUp(wanted: string, role: ModelRole): Promise<ModelSpec | undefined> {
    const name = await this.#allowedName(wanted.trim(), role);
    return name === undefined ? undefined : this.#locateOr(name, role, () => undefined);
  }

  /** The name by which the source knows the model, when it may be used. */
  async #allowedName(name: string, role: ModelRole): Promise<string | undefined> {
    const lower = name.toLowerCase();
    const target = this.#aliases.get(lower)?.target;
    if (target !== undefined) return halfOf(target, role);
    const own = this.#ownName(role);
    if (lower === own.toLowerCase() || lower === (await this.#ownSpec(role))?.id.toLowerCase()) return own;
    for (const allowed of this.#allowed) {
      const half = halfOf(allowed, role);
      if (lower === allowed.toLowerCase() || lower === half.toLowerCase()) return half;
    }
    const ready = this.#allowsReady ? (await this.#readyNames(role)).find((known) => known.toLowerCase() === lower || known.toLowerCase().startsWith(`${lower}:`)) : undefined;
    if (ready !== undefined) return ready;
    // A folder may have a plus in its name: only what is no name as a whole names two models.
    const half = halfOf(name, role);
    return half === name ? undefined : this.#allowedName(half, role);
  }

  async #locateOr<Other>(name: string, role: ModelRole, onUserError: (error: UserError) => Other): Promise<ModelSpec | Other> {
    try {
      return await this.#locate(name, role);
    } catch (error) {
      if (error instanceof UserError) return onUserError(error);
      throw error;
    }
  }

  #locate(name: string, role: ModelRole): Promise<ModelSpec> {
    const own = this.#defaults[role];
    if (typeof own === "object" && own.id === name) return Promise.resolve(own);
    const key = `${role} ${name}`;
    const known = this.#located.get(key);
    if (known !== undefined && this.#now() - known.at < (known.isHere ? FOUND_MS : LOOKED_UP_MS)) return known.spec;
    const spec = this.#source.locate(name, role);
    const located: { at: number; isHere: boolean; found?: ModelSpec; spec: Promise<ModelSpec> } = { at: this.#now(), isHere: true, spec };
    this.#located.set(key, located);
    spec.then(
      (found) => (located.found = found),
      // What is not here now may be pulled later.
      () => (located.isHere = false),
    );
    return spec;
  }

  #readyNames(role: ModelRole): Promise<readonly string[]> {
    const known = this.#ready.get(role);
    if (known !== undefined && this.#now() - known.at < LOOKED_UP_MS) return known.names;
    const names = this.#source.ready(role);
    this.#ready.set(role, { at: this.#now(), names });
    names.catch(() => this.#ready.delete(role));
    return names;
  }

  #ownName(role: ModelRole): string {
    const own = this.#defaults[role];
    return typeof own === "object" ? own.id : own;
  }

  #ownSpec(role: ModelRole): Promise<ModelSpec | undefined> {
    return this.default(role).catch((error: unknown) => {
      if (error instanceof ServiceError) return undefined;
      throw error;
    });
  }

  async #usable(role: ModelRole): Promise<string[]> {
    const ready = this.#allowsReady ? await this.#readyNames(role) : [];
    const aliases = [...this.#aliases.values()].map(({ alias }) => alias);
    return [...new Set([this.#ownName(role), ...this.#allowed, ...ready, ...aliases])];
  }

  /** Unknown, not allowed and not ready are told alike: what is on this machine is not everybody's to know. */
  async #unknown(wanted: string, role: ModelRole): Promise<ServiceError> {
    const names = (await this.all(role)).flatMap((model) => model.names);
    const told = names.slice(0, MAX_NAMES_TOLD).join(", ");
    const more = names.length > MAX_NAMES_TOLD ? `, and ${names.length - MAX_NAMES_TOLD} more` : "";
    const name = wanted.length > MAX_NAME_LENGTH ? `${wanted.slice(0, MAX_NAME_LENGTH)}…` : wanted;
    return new ServiceError("unknown-model", `there is no ${role} "${name}" here; ${names.length === 0 ? "none is ready" : `these may be used: ${told}${more}`}`, { param: "model" });
  }
}

/** Of "embedder+reranker" the one of that role; any other name is the model of both roles. */
function halfOf(name: string, role: ModelRole): string {
  const halves = name.split("+").map((half) => half.trim());
  const [embedder, reranker, ...others] = halves;
  if (!embedder || !reranker || others.length > 0) return name;
  return role === "embedder" ? embedder : reranker;
}
