import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../domain/errors.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import type { ModelSpec } from "../../domain/model-spec.ts";
import { untilAborted } from "../../pipeline/until-aborted.ts";
import { loadFailure, stoppingError } from "./failures.ts";
import { whoMakesRoom } from "./memory-room.ts";
import type { ModelSource, ServiceEvent, StartedModel } from "./model-source.ts";
import { estimateMemory, PooledModel, type PooledStatus, poolKey } from "./pooled-model.ts";

const PATIENCE_MS = 500;
/** Models that a client brings along may be many. */
const MAX_FAILED = 100;

export interface ModelPoolOptions {
  readonly source: Pick<ModelSource, "start">;
  /** Of all models together. */
  readonly memoryBytes: number;
  readonly onEvent: (event: ServiceEvent) => void;
  /** A model's process has died while nobody worked with it: the model has left the pool. */
  readonly onLost?: (spec: ModelSpec) => void;
}

/** A model that stays loaded until it is released. */
export interface Lease {
  readonly started: StartedModel;
  /** The process has ended, though somebody works with it: what fails now fails for that reason. */
  readonly isOver: boolean;
  /** Grows with whatever the process gives to anybody. */
  readonly signs: number;
  /** The process has given something, and is not done. */
  tellSign(): void;
  /** A process that fails again and again is replaced when nobody works with it. */
  tellOutcome(isFailure: boolean): void;
  /** Somebody has waited as long as an answer was of use, and the process gave nothing meanwhile: one that does so again and again is ended at once. */
  tellSilence(): void;
  /** The process has died, and the model could not be loaded again. */
  tellLoadFailure(error: unknown): void;
  release(): void;
}

/**
 * The loaded models, one process each, within a bound of memory. Models that nobody works with make room for one that is
 * wanted, the least recently used first. Where that is not enough, those that work finish what they have and make room then:
 * whoever wants them again waits behind.
 */
export class ModelPool {
  readonly #source: ModelPoolOptions["source"];
  readonly #bound: number;
  readonly #onEvent: ModelPoolOptions["onEvent"];
  readonly #onLost: (spec: ModelSpec) => void;
  readonly #models = new Map<string, PooledModel>();
  /** Models that wait for room, in order of arrival. */
  readonly #wanted: PooledModel[] = [];
  /** Keys of models whose last load has failed. */
  readonly #failed = new Set<string>();
  #uses = 0;
  #deaths = 0;
  #isClosed = false;

  constructor({ source, memoryBytes, onEvent, onLost = () => {} }: ModelPoolOptions) {
    this.#source = source;
    this.#bound = memoryBytes;
    this.#onEvent = onEvent;
    this.#onLost = onLost;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Times that a process has died. */
  get deaths(): number {
    return this.#deaths;
  }

  /** For tests: all models in the pool, those that wait for room and those that are ending, too. */
  get modelCount(): number {
    return this.#models.size;
  }

  get loadedCount(): number {
    return [...this.#models.values()].filter(({ state }) => state === "loaded").length;
  }

  /**
   * The model, loaded; it stays until the lease is released. Rejects with ServiceError `unavailable` when it cannot be
   * loaded, and with `signal.reason` at once when aborted: a load that has begun goes on.
   */
  async lease(spec: ModelSpec, signal?: AbortSignal): Promise<Lease> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#isClosed) throw stoppingError();
      const known = this.#models.get(poolKey(spec));
      const inTheWay = known?.leaving?.over ?? (known?.state === "closing" ? known.gone.promise : undefined);
      if (inTheWay === undefined) return this.#take(known ?? this.#want(spec), signal);
      await untilAborted(inTheWay, signal);
    }
  }

  /** What became of a model that was asked for. */
  status(spec: Pick<ModelSpec, "role" | "fingerprint">): PooledStatus | "failed" | undefined {
    const key = poolKey(spec);
    const model = this.#models.get(key);
    if (model === undefined) return this.#failed.has(key) ? "failed" : undefined;
    return model.status;
  }

  statuses(): PooledStatus[] {
    return [...this.#models.values()].flatMap(({ status }) => status ?? []);
  }

  /** Asks all loaded models how much memory they take. One that is busy with a long text is not waited for. */
  async measure(): Promise<void> {
    const answers = Promise.all([...this.#models.values()].map((model) => model.measure()));
    await Promise.race([answers, sleep(PATIENCE_MS, undefined, { ref: false })]);
  }

  /** Ends all processes at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wanted.length = 0;
    const ended = [...this.#models.values()].map(async (model) => {
      model.ready.reject(stoppingError());
      await this.#end(model);
    });
    await Promise.all(ended);
  }

  async #take(model: PooledModel, signal: AbortSignal | undefined): Promise<Lease> {
    model.leases += 1;
    model.lastUse = ++this.#uses;
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      model.leases -= 1;
      if (model.leases === 0) this.#rest(model);
    };
    try {
      const started = await untilAborted(model.ready.promise, signal);
      return {
        started,
        release,
        get isOver() {
          return model.state === "closing";
        },
        get signs() {
          return model.signs;
        },
        tellSign: () => model.tellSign(),
        tellOutcome(isFailure) {
          model.tellOutcome(isFailure);
          if (model.isBroken) model.leave();
        },
        tellSilence: () => {
          model.tellOutcome(true);
          if (model.isBroken) void this.#end(model);
        },
        tellLoadFailure: (error) => {
          if (model.state !== "loaded") return;
          this.#fail(model, error);
          void this.#end(model);
        },
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Nobody works with the model any more, or waits for it. */
  #rest(model: PooledModel): void {
    if (model.state === "waiting") {
      this.#wanted.splice(this.#wanted.indexOf(model), 1);
      this.#forget(model);
      this.#letStay();
    } else if (model.state === "loaded") {
      if (model.leaving !== undefined || model.isBroken) void this.#end(model);
      else if (model.hasDied) void this.#endIfDead(model);
      else model.measureNowAndThen();
    }
    this.#makeRoom();
  }

  #want(spec: ModelSpec): PooledModel {
    const model = new PooledModel(spec);
    this.#models.set(poolKey(spec), model);
    this.#wanted.push(model);
    this.#makeRoom();
    return model;
  }

  /** Loads what waits and fits, in order of arrival; asks others to leave for the first that does not. */
  #makeRoom(): void {
    for (let model = this.#wanted[0]; model !== undefined; model = this.#wanted[0]) {
      const needed = estimateMemory(model.spec);
      if (needed > this.#bound) {
        this.#wanted.shift();
        model.state = "closing";
        const size = `the ${model.spec.role} ${model.spec.id} needs about ${formatBytes(needed)} of memory, and all models together may have ${formatBytes(this.#bound)}`;
        this.#fail(model, new UserError(size, { hint: "raise --model-memory" }));
        this.#forget(model);
        continue;
      }
      const leaving = whoMakesRoom(this.#models.values(), needed, this.#bound);
      if (leaving !== undefined) {
        // The last of them to go comes back to this.
        for (const other of leaving) this.#askToLeave(other);
        return;
      }
      this.#wanted.shift();
      this.#letStay();
      void this.#load(model);
    }
  }

  #askToLeave(model: PooledModel): void {
    model.leave();
    if (model.leases === 0 && model.state === "loaded") void this.#end(model);
  }

  /** Those that were asked to make room, and are still here, need not any more. */
  #letStay(): void {
    for (const model of this.#models.values()) if (model.state !== "closing" && !model.isBroken) model.stay();
  }

  #fail(model: PooledModel, error: unknown): void {
    const { spec } = model;
    this.#failed.add(poolKey(spec));
    for (const oldest of this.#failed) if (this.#failed.size > MAX_FAILED) this.#failed.delete(oldest);
    this.#onEvent({ type: "model-failed", spec, error });
    model.ready.reject(loadFailure(spec, error));
  }

  async #load(model: PooledModel): Promise<void> {
    const { spec } = model;
    model.state = "loading";
    this.#failed.delete(poolKey(spec));
    this.#onEvent({ type: "model-loading", spec });
    try {
      const started = this.#source.start(spec, {
        onNotice: (line) => this.#onEvent({ type: "model-notice", spec, line }),
        onDeath: () => {
          this.#deaths += 1;
          this.#onEvent({ type: "model-died", spec });
          model.hasDied = true;
          // Requests that were with it have it started again first.
          setImmediate(() => void this.#endIfDead(model));
        },
      });
      model.started = started;
      const { loadMs, device } = await started.loaded(spec.role);
      if (model.state !== "loading") return;
      model.state = "loaded";
      model.device = device;
      this.#onEvent({ type: "model-loaded", spec, loadMs, device });
      model.ready.resolve(started);
      await model.measure();
      // Everybody who wanted it may have left meanwhile.
      if (model.leases === 0) this.#rest(model);
    } catch (error) {
      if (this.#isClosed) return;
      this.#fail(model, error);
      await this.#end(model);
    }
  }

  /** A dead process that nobody works with would be told as a loaded model, until a request has to wait for its restart. */
  async #endIfDead(model: PooledModel): Promise<void> {
    const isIdle = (): boolean => model.leases === 0 && model.state === "loaded";
    if (!isIdle()) return;
    if (await model.isAlive()) {
      model.hasDied = false;
      return;
    }
    if (!isIdle() || this.#isClosed) return;
    await this.#end(model);
    if (!this.#isClosed) this.#onLost(model.spec);
  }

  /** Ends the model's process, and lets others have its memory. */
  async #end(model: PooledModel): Promise<void> {
    if (model.state === "closing") return model.gone.promise;
    const { spec, isBroken } = model;
    const wasLoaded = model.state === "loaded" && !this.#failed.has(poolKey(spec));
    model.state = "closing";
    if (isBroken && !this.#isClosed) this.#onEvent({ type: "model-notice", spec, line: "the model's process fails again and again: it is ended, and another one started" });
    try {
      await model.started?.close();
    } finally {
      if (wasLoaded && !isBroken && !model.hasDied && !this.#isClosed) this.#onEvent({ type: "model-unloaded", spec });
      this.#forget(model);
      this.#makeRoom();
    }
  }

  #forget(model: PooledModel): void {
    this.#models.delete(poolKey(model.spec));
    model.stay();
    model.gone.resolve();
  }
}
