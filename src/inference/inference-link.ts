import type { ModelRole, LocalSpec } from "../domain/model-spec.ts";
import { type BorrowModels, forkInference, type InferenceProcess } from "./child-process.ts";
import { type Deferred, defer } from "../domain/deferred.ts";
import { ModelLoadFailed } from "../domain/errors.ts";
import { type Answer, type AnswerListeners, PendingRequest, type WorkInput } from "./pending-request.ts";
import { processClosedError, processDeathError, restartNotice, saysOutOfMemory } from "./process-errors.ts";
import { type FromChild, fromWireError, type LoadOptions, type LoadReport, type Work } from "./protocol.ts";

interface RequestOptions extends AnswerListeners {
  readonly signal?: AbortSignal | undefined;
}

/** What happens to the process, for whoever started it. */
export interface LinkEvents {
  readonly onNotice: (line: string) => void;
  readonly onDeath: () => void;
  /** Asked first, and once, for what does the work of a process of one's own. */
  readonly borrow?: BorrowModels | undefined;
}

interface Waiting {
  readonly role: ModelRole;
  readonly request: PendingRequest;
  readonly result: Deferred<Answer[]>;
}

/** The parent's side of the protocol: which calls wait for which answers, and what happens when the child dies. */
export class InferenceLink {
  readonly #specs: readonly LocalSpec[];
  readonly #options: LoadOptions;
  readonly #events: LinkEvents;
  readonly #loads = new Map<ModelRole, Deferred<LoadReport>>();
  /** Roles whose first load has neither succeeded nor failed. */
  readonly #loading = new Set<ModelRole>();
  /** Roles that were loaded, or had failed, and are loaded again in another process. */
  readonly #reloading = new Set<ModelRole>();
  /** Why what had answered could not be loaded again. */
  readonly #reloadFailures = new Map<ModelRole, ModelLoadFailed>();
  /** By the id of the slice that is on its way. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #memory = new Map<number, Deferred<number>>();
  readonly #loadNotices = new Set<string>();
  #process: InferenceProcess | undefined;
  #borrow: BorrowModels | undefined;
  /** Why borrowed models, which had answered, do so no longer; until it is told. */
  #lost: string | undefined;
  #nextId = 1;
  #loadDeaths = 0;
  #loadWaiters = 0;
  #closed = false;

  constructor(specs: readonly LocalSpec[], options: LoadOptions, events: LinkEvents) {
    this.#specs = specs;
    this.#options = options;
    this.#events = events;
    this.#borrow = events.borrow;
    for (const { role } of specs) {
      this.#loads.set(role, defer());
      this.#loading.add(role);
    }
    this.#fork();
    this.#updateReference();
  }

  async loaded(role: ModelRole): Promise<LoadReport> {
    const load = this.#loads.get(role);
    if (load === undefined) throw new Error(`this inference was started without the ${role}`);
    this.#loadWaiters += 1;
    this.#updateReference();
    try {
      return await load.promise;
    } finally {
      this.#loadWaiters -= 1;
      this.#updateReference();
    }
  }

  /** One answer per input, in order. Rejects with `signal.reason` at once when aborted; the child then drops the rest. */
  async request(work: Work, inputs: readonly WorkInput[], { signal, ...listeners }: RequestOptions = {}): Promise<Answer[]> {
    signal?.throwIfAborted();
    if (inputs.length === 0) return [];
    const waiting: Waiting = { role: work.type === "score" ? "reranker" : "embedder", request: new PendingRequest(work, [...inputs], listeners), result: defer() };
    const abort = (): void => {
      for (const [id, other] of this.#waiting) {
        if (other !== waiting) continue;
        this.#waiting.delete(id);
        this.#process?.send({ type: "cancel", id });
      }
      waiting.result.reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      this.#sendSlice(waiting);
      return await waiting.result.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#updateReference();
    }
  }

  /** Rejects where no process lives: none is started only to be measured. */
  async memoryBytes(): Promise<number> {
    const process = this.#process;
    if (process === undefined) throw new Error("no inference process runs");
    const id = this.#nextId++;
    const result = defer<number>();
    this.#memory.set(id, result);
    try {
      process.send({ type: "memory", id });
      this.#updateReference();
      return await result.promise;
    } finally {
      this.#memory.delete(id);
      this.#updateReference();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#updateReference();
    await this.#process?.kill();
  }

  #sendSlice(waiting: Waiting): void {
    const id = this.#nextId++;
    const process = this.#liveProcess();
    this.#waiting.set(id, waiting);
    process.send(waiting.request.nextSlice(id));
    this.#updateReference();
  }

  #liveProcess(): InferenceProcess {
    return this.#process ?? this.#fork();
  }

  #fork(): InferenceProcess {
    if (this.#closed) throw processClosedError();
    const borrow = this.#borrow;
    this.#borrow = undefined;
    if (this.#lost !== undefined) this.#events.onNotice(`the models of \`rerank serve\` are used no longer (${this.#lost}); they load here, and what was answered is kept`);
    this.#lost = undefined;
    const onMessage = (message: FromChild): void => this.#receive(message);
    const process =
      borrow === undefined
        ? forkInference({ onMessage, onEnd: (how, lines) => this.#bury(how, lines) })
        : borrow({ onMessage, onEnd: (lost) => this.#takeOver(lost) });
    this.#loadAgain();
    process.send({ type: "load", specs: this.#specs, options: this.#options });
    this.#process = process;
    return process;
  }

  /** What was settled by another process has to load again in this one. */
  #loadAgain(): void {
    this.#reloadFailures.clear();
    for (const { role } of this.#specs) {
      if (this.#loading.has(role) || this.#reloading.has(role)) continue;
      this.#reloading.add(role);
      this.#loads.set(role, defer());
    }
  }

  #receive(message: FromChild): void {
    switch (message.type) {
      case "loaded":
        this.#loading.delete(message.role);
        this.#reloading.delete(message.role);
        this.#loads.get(message.role)?.resolve({ loadMs: message.loadMs, device: message.device });
        break;
      case "load-failed":
        this.#failLoad(message.role, fromWireError(message.error));
        break;
      case "load-notice":
        this.#notify(this.#loadNotices, message.line);
        break;
      case "memory":
        this.#memory.get(message.id)?.resolve(message.bytes);
        break;
      case "notice":
        this.#notify(this.#waiting.get(message.id)?.request.notices, message.line);
        break;
      default:
        this.#receiveAnswer(message);
    }
    this.#updateReference();
  }

  #failLoad(role: ModelRole, error: Error): void {
    this.#loading.delete(role);
    if (this.#reloading.delete(role)) {
      const { hint } = error as { readonly hint?: string };
      this.#reloadFailures.set(role, new ModelLoadFailed(error.message, { ...(hint !== undefined && { hint }), cause: error }));
    }
    this.#loads.get(role)?.reject(this.#reloadFailures.get(role) ?? error);
  }

  /** @param said what was told already; `undefined` when nobody waits for it any more. */
  #notify(said: Set<string> | undefined, line: string): void {
    if (said === undefined || said.has(line)) return;
    said.add(line);
    this.#events.onNotice(line);
  }

  #receiveAnswer(message: Exclude<FromChild, { type: "loaded" | "load-failed" | "load-notice" | "memory" | "notice" }>): void {
    const waiting = this.#waiting.get(message.id);
    // Cancelled: what was on its way still arrives.
    if (waiting === undefined) return;
    try {
      if (message.type === "failed") throw this.#reloadFailures.get(waiting.role) ?? fromWireError(message.error);
      if (message.type !== "done") {
        waiting.request.accept(message);
        return;
      }
      this.#waiting.delete(message.id);
      if (waiting.request.isComplete) waiting.result.resolve(waiting.request.answers);
      else this.#sendSlice(waiting);
    } catch (error) {
      // The child's failure, or the caller's callback threw.
      this.#waiting.delete(message.id);
      if (message.type !== "failed") this.#process?.send({ type: "cancel", id: message.id });
      waiting.result.reject(error);
    }
  }

  /** The child has ended. Its unfinished requests go to a new one, unless this is their second death or memory ran out. */
  #bury(how: string, lines: readonly string[]): void {
    this.#process = undefined;
    if (!this.#closed) this.#events.onDeath();
    const unfinished = [...this.#waiting.values()];
    this.#waiting.clear();
    const died = this.#closed ? processClosedError() : processDeathError(how, lines, this.#loadingModel());
    const isFinal = this.#closed || saysOutOfMemory(lines);
    for (const { reject } of this.#memory.values()) reject(died);

    if (this.#loading.size > 0) this.#loadDeaths += 1;
    const loadsFail = isFinal || this.#loadDeaths > 1;
    if (loadsFail) {
      for (const role of this.#loading) this.#loads.get(role)?.reject(died);
      this.#loading.clear();
    }
    const again = unfinished.filter(({ request, result }) => {
      request.deaths += 1;
      if (!isFinal && request.deaths === 1) return true;
      result.reject(died);
      return false;
    });
    if (this.#closed || (again.length === 0 && this.#loading.size === 0)) {
      for (const role of this.#reloading) this.#loads.get(role)?.reject(died);
      this.#reloading.clear();
      return;
    }

    this.#events.onNotice(restartNotice(how));
    try {
      this.#liveProcess();
      for (const waiting of again) this.#sendSlice(waiting);
    } catch (error) {
      for (const { result } of again) result.reject(error);
    }
    this.#updateReference();
  }

  /** Borrowed models answer no longer, or never did. That is nobody's death: what is left to do is done in a process of one's own. */
  #takeOver(lost: string | undefined): void {
    if (this.#closed) {
      this.#bury("closed", []);
      return;
    }
    this.#process = undefined;
    this.#lost = lost;
    const unfinished = [...this.#waiting.values()];
    this.#waiting.clear();
    if (unfinished.length + this.#memory.size + this.#loading.size === 0) return;
    try {
      const process = this.#liveProcess();
      for (const id of this.#memory.keys()) process.send({ type: "memory", id });
      for (const waiting of unfinished) this.#sendSlice(waiting);
    } catch (error) {
      for (const { result } of unfinished) result.reject(error);
    }
    this.#updateReference();
  }

  /** The name of the model that is loading: they load one after the other. */
  #loadingModel(): string | undefined {
    return this.#specs.find(({ role }) => this.#loading.has(role) || this.#reloading.has(role))?.id;
  }

  /** Only what somebody waits for keeps the caller's process alive. */
  #updateReference(): void {
    const waiters = this.#waiting.size + this.#memory.size + this.#loadWaiters;
    this.#process?.setReferenced(this.#closed || waiters > 0);
  }
}
