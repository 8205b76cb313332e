import { ModelProcessDied, UserError } from "../../src/domain/errors.ts";
import type { ModelRole, ModelSpec } from "../../src/domain/model-spec.ts";
import type { ModelListeners, ModelSource, StartedModel } from "../../src/server/service/model-source.ts";
import { createFakeEmbedder, createFakeReranker, fakeSpec } from "./fake-models.ts";

export interface FakeSourceOptions {
  /** Models that are ready: names, and the roles that they have. By default "mini" and "other" in both. */
  readonly ready?: Readonly<Record<string, readonly ModelRole[]>>;
  /** Bytes of a model's files. */
  readonly sizeBytes?: number;
  /** Of a text for a query; by default the text's length. */
  readonly logitOf?: (query: string, text: string) => number;
  /** Time for each text. */
  readonly delayMs?: number;
  /** What loading waits for, or fails with. */
  readonly load?: (spec: ModelSpec) => Promise<void>;
  /** Thrown by the port before a slice's first text, as long as it returns one. */
  readonly failure?: (spec: ModelSpec, texts: readonly string[]) => Error | undefined;
  /** A process that hangs gives nothing until it is ended. */
  readonly hangs?: () => boolean;
  /** A process that is dead does not tell its memory. */
  readonly isDead?: (spec: ModelSpec) => boolean;
}

export interface FakeSource extends ModelSource {
  /** Names that are ready now; a test may change them. */
  readonly readyNames: Map<string, readonly ModelRole[]>;
  readonly specs: Readonly<Record<string, ModelSpec>>;
  /** In the order in which they were started: "mini reranker". */
  readonly started: string[];
  readonly closed: string[];
  /** Slices in the order in which the processes got them: the model, the query and the texts. */
  readonly slices: { readonly model: string; readonly query: string; readonly texts: readonly string[] }[];
  readonly listeners: Map<string, ModelListeners>;
}

export const BOTH: readonly ModelRole[] = ["embedder", "reranker"];

export function modelDeath(): ModelProcessDied {
  return new ModelProcessDied("the inference process died (signal SIGKILL)");
}

/** Models without processes, for the model service. Names are as in `fakeSpec`. */
export function createFakeSource({ ready = { mini: BOTH, other: BOTH }, sizeBytes = 0, logitOf = (_query, text) => text.length, delayMs = 0, load, failure, hangs = () => false, isDead = () => false }: FakeSourceOptions = {}): FakeSource {
  const names = new Map(Object.entries(ready));
  const started: string[] = [];
  const closed: string[] = [];
  const slices: FakeSource["slices"] = [];
  const listeners: FakeSource["listeners"] = new Map();
  const specs: Record<string, ModelSpec> = {};

  function specOf(name: string, role: ModelRole): ModelSpec {
    return (specs[`${name} ${role}`] ??= { ...fakeSpec(role, name, name !== "deaf"), sizeBytes });
  }

  function start(spec: ModelSpec, heard: ModelListeners): StartedModel {
    const model = `${spec.id} ${spec.role}`;
    started.push(model);
    listeners.set(model, heard);
    const embedder = createFakeEmbedder({ spec });
    const reranker = createFakeReranker(logitOf, delayMs, spec);
    const ended = new AbortController();
    const take = async (query: string, texts: readonly string[], signal?: AbortSignal): Promise<void> => {
      slices.push({ model, query, texts });
      await answering(signal);
      const error = failure?.(spec, texts);
      if (error !== undefined) throw error;
    };
    /** As an inference process: a caller's signal ends the wait where it is passed on, and the end of the process always does. */
    const answering = async (signal?: AbortSignal): Promise<void> => {
      if (!hangs()) return;
      const signals = [ended.signal, ...(signal ? [signal] : [])];
      await new Promise((_, reject) => signals.forEach((each) => each.addEventListener("abort", () => reject(each.reason as Error))));
    };
    return {
      embedder: {
        ...embedder,
        async countTokens(texts) {
          await answering();
          return embedder.countTokens(texts);
        },
        async embedPassages(texts, options) {
          await take("", texts, options?.signal);
          if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs * texts.length));
          return embedder.embedPassages(texts, options);
        },
        async embedQuery(query, options) {
          await take(query, [query], options?.signal);
          return embedder.embedQuery(query, options);
        },
        async decodeTokens(ids) {
          await answering();
          const strange = ids.flat().find((id) => id >= 1000);
          if (strange !== undefined) throw new UserError(`${spec.id} has no token ${strange}`);
          return ids.map((list) => list.join(" "));
        },
      },
      reranker: {
        spec,
        async score(query, texts, options) {
          await take(query, texts, options?.signal);
          return reranker.score(query, texts, options);
        },
      },
      async loaded() {
        await load?.(spec);
        return { loadMs: 1, device: "cpu" };
      },
      async memoryBytes() {
        if (isDead(spec)) throw new Error("no inference process runs");
        return 0;
      },
      async close() {
        if (!closed.includes(model)) closed.push(model);
        ended.abort(new Error("the inference process was closed"));
      },
    };
  }

  return {
    readyNames: names,
    specs,
    started,
    closed,
    slices,
    listeners,
    async locate(name, role) {
      if (names.get(name)?.includes(role) !== true) throw new UserError(`there is no model called "${name}"`);
      return specOf(name, role);
    },
    ready: async (role) => [...names].flatMap(([name, roles]) => (roles.includes(role) ? [name] : [])),
    start,
  };
}
