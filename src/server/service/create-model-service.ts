import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import type { RelevanceCache } from "../../ports/relevance-cache.ts";
import { untilAborted } from "../../pipeline/until-aborted.ts";
import { estimateTokens } from "../../domain/estimate-tokens.ts";
import type { Caller, ModelService, ServedModel } from "../model-service.ts";
import { openAbortScope } from "./abort-scope.ts";
import { DefaultModels } from "./default-models.ts";
import { InputEmbedding } from "./embed-inputs.ts";
import { stoppingError } from "./failures.ts";
import { FairQueue } from "./fair-queue.ts";
import { type KnownModel, ModelNames, type ModelNamesOptions } from "./model-names.ts";
import { ModelPool } from "./model-pool.ts";
import type { ModelSource, ServiceEvent } from "./model-source.ts";
import { runWork, type WorkPlan } from "./run-work.ts";
import { type ScoreOptions, TextScoring } from "./score-texts.ts";

export interface ModelServiceOptions extends Pick<ModelNamesOptions, "defaults" | "allowed" | "aliases"> {
  readonly source: ModelSource;
  /** Of all loaded models together. */
  readonly memoryBytes: number;
  /** Requests and estimated tokens that may wait; see `ServiceError` `overloaded`. */
  readonly queueRequests: number;
  readonly queueTokens: number;
  /** Relevances of earlier requests. Whoever gives it closes it. */
  readonly cache?: RelevanceCache | undefined;
  /** Enters the key of each relevance: settings that change judgments and are not in a model's fingerprint, such as `longDocuments`. */
  readonly cacheScope?: string;
  /** Rerankers read long documents to their end, in windows: then these cost the queue what they are long. */
  readonly readsWholeTexts?: boolean;
  readonly onEvent?: (event: ServiceEvent) => void;
  /** For the metrics: some texts of a request go to a model at once, with so many tokens, estimated. */
  readonly onTurn?: (texts: number, tokens: number) => void;
}

/** Counting takes so much less than reading the same text with a model. */
const COUNTS_PER_TOKEN = 50;
const ROLES: readonly ModelRole[] = ["embedder", "reranker"];

/** Models that many clients share, each in a process of its own. The server's own begin to load at once. */
export function createModelService(options: ModelServiceOptions): ModelService {
  const { source, memoryBytes, queueRequests, queueTokens, cache } = options;
  const scoring: ScoreOptions = { cache, cacheScope: options.cacheScope ?? "", readsWholeTexts: options.readsWholeTexts ?? false };
  const names = new ModelNames(options);
  const pool = new ModelPool({ source, memoryBytes, onEvent: hear, onLost: (spec) => void own.lost(spec) });
  const queue = new FairQueue({ maxRequests: queueRequests, maxTokens: queueTokens, onTurn: options.onTurn });
  const own = new DefaultModels({ names, pool, onEvent: hear });
  own.load();
  let cacheHits = 0;
  let cacheMisses = 0;
  let isStopping = false;
  let calls = 0;
  let onIdle: (() => void)[] = [];

  function hear(event: ServiceEvent): void {
    if (event.type === "model-loaded") void own.heard(event.spec, "ready");
    if (event.type === "model-failed") void own.heard(event.spec, "failed").finally(() => names.forget(event.spec));
    options.onEvent?.(event);
  }

  /** Counts what is under way, so that draining knows its end. */
  async function admit<Reply>({ client, signal }: Caller, call: (caller: Caller, arrivedAt: number) => Promise<Reply>): Promise<Reply> {
    if (isStopping) throw stoppingError();
    signal.throwIfAborted();
    calls += 1;
    const scope = openAbortScope(signal);
    try {
      return await call({ client, signal: scope.signal }, performance.now());
    } finally {
      scope.release();
      calls -= 1;
      if (calls === 0) for (const resolve of onIdle.splice(0)) resolve();
    }
  }

  return {
    score: (request, asking) =>
      admit(asking, async (caller, arrivedAt) => {
        const { spec, modelName } = await untilAborted(names.find(request.model, "reranker"), caller.signal);
        const texts = new TextScoring(spec, request, scoring);
        const { costs } = texts;
        const times = await runWork({ queue, pool }, { spec, costs, arrivedAt, run: (model, ...slice) => texts.run(model.reranker, ...slice) }, caller);
        // Of requests that were turned away nothing was answered.
        if (cache !== undefined) {
          cacheHits += texts.knownCount;
          cacheMisses += costs.length;
        }
        return { spec, modelName, ...texts.reply(), ...times };
      }),

    embed: (request, asking) =>
      admit(asking, async (caller, arrivedAt) => {
        const { spec, modelName } = await untilAborted(names.find(request.model, "embedder"), caller.signal);
        const inputs = new InputEmbedding(spec, request);
        const { costs, isUrgent } = inputs;
        const times = await runWork({ queue, pool }, { spec, costs, isUrgent, arrivedAt, run: (model, ...slice) => inputs.run(model.embedder, ...slice) }, caller);
        return { spec, modelName, ...inputs.reply(), ...times };
      }),

    countTokens: (texts, model, asking) =>
      admit(asking, async (caller, arrivedAt) => {
        if (texts.length === 0) return [];
        const { spec } = await untilAborted(names.find(model, "embedder"), caller.signal);
        let counts: number[] = [];
        const tokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
        const costs = [Math.ceil(1 + tokens / COUNTS_PER_TOKEN)];
        const run: WorkPlan["run"] = async ({ embedder }, _start, _end, signal) => {
          counts = await untilAborted(embedder.countTokens(texts), signal);
        };
        await runWork({ queue, pool }, { spec, costs, isUrgent: true, arrivedAt, run }, caller);
        return counts;
      }),

    async locate(model, role) {
      return (await names.find(model, role)).spec;
    },

    async models({ measures = true } = {}) {
      const known = await Promise.all(ROLES.map((role) => names.all(role)));
      if (measures) await pool.measure();
      const named = known.flat().map((model) => served(model, pool));
      const others = pool.statuses().filter(({ spec }) => !named.some((model) => isSame(model.spec, spec)));
      return [...named, ...others.map(({ spec }) => served({ spec, names: [], isDefault: false }, pool))];
    },

    load: () => ({ ...queue.load, calls, cacheHits, cacheMisses, loadedModels: pool.loadedCount, deaths: pool.deaths }),

    get state() {
      return isStopping ? "draining" : own.state;
    },

    async drain() {
      isStopping = true;
      if (calls > 0) await new Promise<void>((resolve) => onIdle.push(resolve));
    },

    async close() {
      isStopping = true;
      own.close();
      await pool.close();
    },
  };
}

function isSame(a: ModelSpec, b: ModelSpec): boolean {
  return a.role === b.role && a.fingerprint === b.fingerprint;
}

function served({ spec, names, isDefault }: KnownModel, pool: ModelPool): ServedModel {
  const status = pool.status(spec);
  const shared = { names, role: spec.role, isDefault, spec };
  if (status === undefined || status === "failed") return { ...shared, state: status ?? "available", device: null, memoryBytes: null };
  const { state, device, memoryBytes } = status;
  return { ...shared, state, device, memoryBytes };
}
