import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Judgment } from "../domain/candidate.ts";
import type { ModelRole, LocalSpec } from "../domain/model-spec.ts";
import { NO_TOKENS } from "../domain/token-usage.ts";
import type { Embedder, Embedding } from "../ports/embedder.ts";
import type { Reranker } from "../ports/reranker.ts";
import type { LoadReport, WorkMessage } from "./protocol.ts";
import { createFrameReader, encodeFrame } from "./warm-frames.ts";
import { type FromServer, type LendingTerms, readRequest, type ToServer } from "./warm-protocol.ts";

const GREETING_MS = 5000;
/** A server that ends waits so long for what it has begun. Its client goes on by itself after that, with what it has got. */
const GRACE_MS = 5000;
/** A client that reads nothing must not fill the server's memory. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/** Who asks, and until when. */
export interface WarmCaller {
  /** The work of different clients takes turns. */
  readonly client: string;
  readonly signal: AbortSignal;
}

/** The models of a server. Whatever rejects here sends the client to a process of its own, which then finds out by itself. */
export interface WarmModels {
  /** Resolves when the model can answer. */
  load(spec: LocalSpec, caller: WarmCaller): Promise<LoadReport>;
  embedder(spec: LocalSpec, caller: WarmCaller): Embedder;
  reranker(spec: LocalSpec, caller: WarmCaller): Reranker;
}

export interface WarmSessionOptions {
  /** Time that work may take when the server ends; by default five seconds. */
  readonly graceMs?: number;
  readonly version: string;
  readonly terms: LendingTerms;
  readonly models: WarmModels;
  readonly client: string;
  /** Something was asked for. */
  readonly onActivity: () => void;
}

/** One client of a server that lends its models. */
export interface WarmSession {
  /** Takes no new work, lets what is under way end, within a few seconds, and then the connection. */
  finish(): Promise<void>;
}

/** Answers a connection as an inference process answers its parent. What its client is owed ends with the connection. */
export function openWarmSession(socket: Socket, { version, terms, models, client, onActivity, graceMs = GRACE_MS }: WarmSessionOptions): WarmSession {
  const reader = createFrameReader();
  /** What was asked for, by role; work waits until its model is lent. */
  const wanted = new Map<ModelRole, { readonly spec: LocalSpec; readonly loaded: Promise<void> }>();
  /** By id; loads have none. */
  const running = new Map<number | object, AbortController>();
  let isGreeted = false;
  let isFinishing = false;
  let isOver = false;

  const greeting = setTimeout(() => socket.destroy(), GREETING_MS);
  greeting.unref();
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      isOver = true;
      clearTimeout(greeting);
      stopAll("the client has left");
      resolve();
    });
  });
  // "close" follows.
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => {
    try {
      for (const value of reader.read(bytes)) {
        const message = readRequest(value);
        if (message === undefined) throw new Error("it is no message");
        if (!isOver) receive(message);
      }
    } catch {
      // Whatever it is, it is no client of ours.
      socket.destroy();
    }
  });

  function send(message: FromServer): void {
    if (isOver) return;
    socket.write(encodeFrame(message));
    if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
  }

  function stopAll(reason: string): void {
    for (const controller of running.values()) controller.abort(new Error(reason));
  }

  function refuse(why: string): void {
    if (isOver) return;
    send({ type: "refused", why, version, processId: process.pid });
    isOver = true;
    socket.end();
    stopAll(why);
  }

  function receive(message: ToServer): void {
    if (message.type === "hello" || !isGreeted) {
      if (message.type !== "hello" || isGreeted) throw new Error("a hello comes first, and once");
      clearTimeout(greeting);
      isGreeted = true;
      if (message.version !== version) refuse(`it is version ${version}`);
      else if (isFinishing) refuse("it is stopping");
      else send({ type: "welcome", version, processId: process.pid, terms });
      return;
    }
    switch (message.type) {
      case "ping":
        send({ type: "pong" });
        break;
      case "cancel":
        running.get(message.id)?.abort(new Error("the client does not want it any more"));
        break;
      case "load":
        start({}, (caller) => loadAll(message.specs, caller));
        break;
      case "embed":
      case "score":
      case "count":
        if (running.has(message.id)) throw new Error("two requests have the same id");
        start(message.id, (caller) => answer(message, caller));
        break;
      default:
        refuse(`it does not answer "${message.type}"`);
    }
  }

  function start(id: number | object, work: (caller: WarmCaller) => Promise<void>): void {
    if (isFinishing) {
      refuse("it is stopping");
      return;
    }
    const controller = new AbortController();
    const { signal } = controller;
    running.set(id, controller);
    onActivity();
    work({ client, signal })
      .then(() => typeof id === "number" && !signal.aborted && send({ type: "done", id }))
      .catch((error: unknown) => {
        if (!signal.aborted) refuse((error as Error).message);
      })
      .finally(() => {
        running.delete(id);
        onActivity();
        if (isFinishing && running.size === 0) refuse("it is stopping");
      });
  }

  /** In their order: the query's vector is wanted before anything is judged. */
  async function loadAll(specs: readonly LocalSpec[], caller: WarmCaller): Promise<void> {
    let last = Promise.resolve();
    for (const spec of specs) {
      last = last.then(() => load(spec, caller));
      // The last one tells of the first failure.
      last.catch(() => {});
      wanted.set(spec.role, { spec, loaded: last });
    }
    await last;
  }

  async function load(spec: LocalSpec, caller: WarmCaller): Promise<void> {
    const { loadMs, device } = await models.load(spec, caller);
    if (!caller.signal.aborted) send({ type: "loaded", role: spec.role, loadMs, device });
  }

  async function answer(message: WorkMessage, caller: WarmCaller): Promise<void> {
    const { id } = message;
    const { signal } = caller;
    if (message.type === "embed") {
      const embedder = models.embedder(await lent("embedder", caller), caller);
      const instruction = message.instruction === undefined ? {} : { instruction: message.instruction };
      const embeddings =
        message.use === "passage"
          ? await embedder.embedPassages(message.texts, { signal })
          : await Promise.all(message.texts.map((text) => embedder.embedQuery(text, { ...instruction, signal })));
      for (const embedding of embeddings) if (!signal.aborted) send(embeddingMessage(id, embedding));
    }
    if (message.type === "count") send({ type: "counts", id, tokens: await models.embedder(await lent("embedder", caller), caller).countTokens(message.texts) });
    if (message.type === "score") await score(message, caller);
  }

  async function score(message: Extract<WorkMessage, { type: "score" }>, caller: WarmCaller): Promise<void> {
    const { id, query, texts, instruction, maxTextTokens } = message;
    let usage = NO_TOKENS;
    let told = NO_TOKENS;
    let sent = 0;
    const tell = (judgment: Judgment): void => {
      const own = { computedTokens: usage.computedTokens - told.computedTokens, savedTokens: usage.savedTokens - told.savedTokens };
      told = usage;
      sent += 1;
      if (!caller.signal.aborted) send({ type: "judgment", id, judgment, usage: own });
    };
    const judgments = await models.reranker(await lent("reranker", caller), caller).score(query, texts, {
      ...(instruction !== undefined && { instruction }),
      ...(maxTextTokens !== undefined && { maxTextTokens }),
      signal: caller.signal,
      onUsage: (total) => (usage = total),
      onJudgment: (_position, judgment) => tell(judgment),
    });
    if (sent !== judgments.length || sent !== texts.length) throw new Error(`${sent} of ${texts.length} texts were judged`);
  }

  async function lent(role: ModelRole, { signal }: WarmCaller): Promise<LocalSpec> {
    const model = wanted.get(role);
    if (model === undefined) throw new Error(`no ${role} was asked for`);
    await model.loaded;
    signal.throwIfAborted();
    return model.spec;
  }

  return {
    async finish() {
      isFinishing = true;
      // What has arrived is read before the end.
      await nextTurn();
      if (running.size === 0) refuse("it is stopping");
      const late = setTimeout(() => {
        refuse("it is stopping");
        // A client that is stopped itself, and closes nothing, is not waited for.
        socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(late);
    },
  };
}

function embeddingMessage(id: number, { vector, truncated, tokens = 0 }: Embedding): FromServer {
  return { type: "embedding", id, vector, truncated, tokens };
}
