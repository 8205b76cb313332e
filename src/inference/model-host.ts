import type { ModelRole, LocalSpec } from "../domain/model-spec.ts";
import type { EngineOptions, LoadedEmbedder, LoadedReranker } from "../engine/loaded-models.ts";
import { openEmbedder, openReranker } from "../engine/open-model.ts";
import { openOnDevice } from "../engine/open-on-device.ts";
import { defer } from "../domain/deferred.ts";
import { type FromChild, type LoadOptions, type LoadReport, type ToChild, toWireError, type WorkMessage } from "./protocol.ts";

const TOKENIZER_STEP_MS = 5;
const QUERY_CUT_NOTICE = "the query is longer than half of what the reranker can read: only its beginning is compared with passages";
const PROMPT_CUT_NOTICE = "instruction and query are longer than half of what the reranker can read: only their beginning is compared with passages";

/** What the host runs models with. */
export interface ModelEngine {
  openEmbedder(spec: LocalSpec, options: EngineOptions): Promise<LoadedEmbedder>;
  openReranker(spec: LocalSpec, options: EngineOptions): Promise<LoadedReranker>;
}

interface WorkTask {
  readonly message: WorkMessage;
  position: number;
}

/**
 * The child's side of the protocol: loads models and serves requests in order of arrival, one text at a time. Between two
 * texts the event loop runs, so that a cancelled request stops and a query's vector goes ahead of everything else: of the
 * reranker's load, too, before it begins and wherever it waits. Queries without end let one text of the rest go in between.
 */
export class ModelHost {
  readonly #send: (message: FromChild) => void;
  readonly #engine: ModelEngine;
  readonly #loads: { readonly spec: LocalSpec; readonly options: LoadOptions }[] = [];
  readonly #tasks: WorkTask[] = [];
  readonly #failures = new Map<ModelRole, unknown>();
  #embedder: LoadedEmbedder | undefined;
  #reranker: LoadedReranker | undefined;
  #rerankerReadsInstruction = false;
  #loading: Promise<void> | undefined;
  #arrival = defer<void>();
  #running = false;
  #owesTurn = false;

  constructor(send: (message: FromChild) => void, engine: ModelEngine = { openEmbedder, openReranker }) {
    this.#send = send;
    this.#engine = engine;
  }

  receive(message: ToChild): void {
    if (message.type === "memory") {
      this.#send({ type: "memory", id: message.id, bytes: process.memoryUsage.rss() });
      return;
    }
    if (message.type === "cancel") this.#drop(message.id);
    else if (message.type === "load") {
      for (const spec of message.specs) this.#loads.push({ spec, options: message.options });
    } else this.#tasks.push({ message, position: 0 });
    this.#arrival.resolve();
    if (!this.#running) void this.#work();
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (;;) {
      // Messages that wait are read before the next step is chosen.
      await new Promise((resolve) => setImmediate(resolve));
      const query = this.#tasks.find(isQuery);
      const waiting = this.#owesTurn ? this.#tasks.find((task) => !isQuery(task)) : undefined;
      this.#owesTurn = false;
      // What is loading takes its own turn: nothing of the rest can be answered before.
      if (query !== undefined && waiting !== undefined && this.#loading === undefined && this.#loads.length === 0) await this.#step(waiting);
      else if (query !== undefined && this.#isSettled("embedder")) {
        this.#owesTurn = true;
        await this.#step(query);
      }
      else if (this.#loading !== undefined) await Promise.race([this.#loading, this.#nextArrival()]);
      else if (this.#loads.length > 0) this.#loading = this.#loadNext().finally(() => (this.#loading = undefined));
      else if (this.#tasks[0] !== undefined) await this.#step(this.#tasks[0]);
      else break;
    }
    this.#running = false;
  }

  async #loadNext(): Promise<void> {
    const next = this.#loads.shift();
    if (next === undefined) return;
    const { spec, options } = next;
    const startedAt = performance.now();
    let device: LoadReport["device"] = "cpu";
    const onDevice = (tried: LoadReport["device"]): void => {
      device = tried;
    };
    try {
      if (spec.role === "embedder") this.#embedder = await this.#open(this.#engine.openEmbedder, spec, options, onDevice);
      else {
        this.#reranker = await this.#open(this.#engine.openReranker, spec, options, onDevice);
        this.#rerankerReadsInstruction = spec.readsInstruction;
      }
      this.#send({ type: "loaded", role: spec.role, loadMs: performance.now() - startedAt, device });
    } catch (error) {
      this.#failures.set(spec.role, error);
      this.#send({ type: "load-failed", role: spec.role, error: toWireError(error) });
    }
  }

  /** @param onDevice hears of each device that is tried: the last one is where the model runs. */
  #open<Model>(
    open: (spec: LocalSpec, options: EngineOptions) => Promise<Model>,
    spec: LocalSpec,
    { threads, device: wanted = "auto", longDocuments }: LoadOptions,
    onDevice: (device: LoadReport["device"]) => void,
  ): Promise<Model> {
    return openOnDevice(spec, {
      wanted,
      open(device) {
        onDevice(device);
        return open(spec, { device, ...(threads !== undefined && { threads }), ...(longDocuments && { longDocuments }) });
      },
      onNotice: (line) => this.#send({ type: "load-notice", line }),
    });
  }

  /** Resolves when the parent sends something. */
  #nextArrival(): Promise<void> {
    this.#arrival = defer();
    return this.#arrival.promise;
  }

  #isSettled(role: ModelRole): boolean {
    return this.#failures.has(role) || (role === "embedder" ? this.#embedder : this.#reranker) !== undefined;
  }

  async #step(task: WorkTask): Promise<void> {
    const { message } = task;
    const { id } = message;
    try {
      if (message.type === "count") this.#send({ type: "counts", id, tokens: this.#quickly(task, message.texts, (embedder, text) => embedder.countTokens(text)) });
      else if (message.type === "decode") this.#send({ type: "decoded", id, texts: this.#quickly(task, message.idLists, (embedder, ids) => embedder.decodeTokens(ids)) });
      else await this.#answer(task, message);
      if (task.position < (message.type === "decode" ? message.idLists : message.texts).length) return;
      this.#send({ type: "done", id });
    } catch (error) {
      this.#send({ type: "failed", id, error: toWireError(error) });
    }
    this.#drop(id);
  }

  async #answer(task: WorkTask, message: Extract<WorkMessage, { type: "embed" | "score" }>): Promise<void> {
    const { id } = message;
    const text = message.texts[task.position];
    if (text === undefined) return;
    const textNumber = message.firstNumber + task.position;
    task.position += 1;
    if (message.type === "embed") {
      const { use, instruction } = message;
      const { vector, truncated, tokens } = await this.#readyEmbedder().embed(text, { use, instruction, textNumber });
      this.#send({ type: "embedding", id, vector, truncated, tokens });
    } else {
      const { query, instruction, maxTextTokens } = message;
      const judged = await this.#readyReranker().judge({ query, text, instruction, maxTextTokens, textNumber });
      const { logit, relevance, truncated, queryTruncated, computedTokens, savedTokens } = judged;
      this.#send({ type: "judgment", id, judgment: { logit, relevance, truncated }, usage: { computedTokens, savedTokens }, ...(queryTruncated && { queryTruncated }) });
      if (queryTruncated) this.#send({ type: "notice", id, line: instruction === undefined || !this.#rerankerReadsInstruction ? QUERY_CUT_NOTICE : PROMPT_CUT_NOTICE });
    }
  }

  /** Answers for a few milliseconds: a message for each input would cost more than what the tokenizer does. */
  #quickly<Input, Result>(task: WorkTask, inputs: readonly Input[], answer: (embedder: LoadedEmbedder, input: Input) => Result): Result[] {
    const embedder = this.#readyEmbedder();
    const results: Result[] = [];
    const deadline = performance.now() + TOKENIZER_STEP_MS;
    for (const input of inputs.slice(task.position)) {
      results.push(answer(embedder, input));
      task.position += 1;
      if (performance.now() >= deadline) break;
    }
    return results;
  }

  #readyEmbedder(): LoadedEmbedder {
    if (this.#embedder === undefined) throw this.#failures.get("embedder") ?? new Error("no embedder was asked for");
    return this.#embedder;
  }

  #readyReranker(): LoadedReranker {
    if (this.#reranker === undefined) throw this.#failures.get("reranker") ?? new Error("no reranker was asked for");
    return this.#reranker;
  }

  #drop(id: number): void {
    const place = this.#tasks.findIndex(({ message }) => message.id === id);
    if (place >= 0) this.#tasks.splice(place, 1);
  }
}

function isQuery({ message }: WorkTask): boolean {
  return message.type === "embed" && message.use === "query";
}
