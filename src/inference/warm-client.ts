import { connect, type Socket } from "node:net";
import type { LocalSpec, ModelRole } from "../domain/model-spec.ts";
import type { BorrowModels } from "./child-process.ts";
import { defer } from "../domain/deferred.ts";
import type { FromChild, ToChild } from "./protocol.ts";
import { createFrameReader, encodeFrame } from "./warm-frames.ts";
import { type FromServer, type LendingTerms, readReply, termsProblem, type ToServer, type Welcome } from "./warm-protocol.ts";
import { folderProblem } from "./warm-socket.ts";

/** A server that lives answers within milliseconds, on a busy machine within some hundreds. One that hangs must not cost more than loading a model does. */
const GREETING_MS = 1000;
/** While something is waited for: one long text alone takes a large model half a minute, but a server that lives answers a ping meanwhile. */
const PING_MS = 5000;
/** So many pings without a word are a server that hangs. More than one: after this process itself was busy, what has come is read behind the timer. */
const MAX_UNANSWERED = 3;
/** Tokens of Qwen3's prompt that are neither instruction nor query nor passage, and those of the instruction where none is given. */
const PROMPT_TOKENS = 128;

/** Where a server of this user may lend its models. */
export interface LendingPlace {
  readonly folder: string;
  readonly socketPath: string;
  /** Of this package. */
  readonly version: string;
  /** Time for the server's first word; by default a second. */
  readonly greetingMs?: number;
  /** Time between two signs of life that are asked for; by default five seconds. */
  readonly pingMs?: number;
}

/**
 * The models of a running server, in the place of an inference process. They answer no longer where there is no server, and as soon as the
 * server is not what a process of one's own would be.
 */
export function borrowModels(place: LendingPlace): BorrowModels {
  return ({ onMessage, onEnd }) => {
    const unsent: ToChild[] = [];
    const ended = defer<void>();
    let specs: readonly LocalSpec[] = [];
    let isWelcome = false;
    let isEnded = false;
    let hasAnswered = false;
    const pending = createPending();
    const pulse = setInterval(() => connection?.ping(pending.isEmpty), place.pingMs ?? PING_MS);
    pulse.unref();

    /** @param lost why, where the server is what has ended it. */
    function end(lost?: string): void {
      if (isEnded) return;
      isEnded = true;
      clearInterval(pulse);
      connection?.close();
      // Whoever has started it, or sends something, has not put down yet what it waits for.
      setImmediate(() => {
        ended.resolve();
        onEnd(hasAnswered ? lost : undefined);
      });
    }

    function transmit(message: ToChild): void {
      if (mayCutQuery(message, specs)) end();
      else {
        pending.sent(message);
        connection?.send(message);
      }
    }

    const connection = openConnection(place, {
      onEnd: end,
      onMessage(message) {
        if (isEnded) return;
        if (message.type === "refused") end(message.why);
        else if (message.type === "welcome") begin(message.terms);
        else if (message.type !== "pong") {
          hasAnswered = true;
          pending.received(message);
          onMessage(message);
        }
      },
    });

    function begin(terms: LendingTerms): void {
      isWelcome = true;
      const load = unsent.find((each) => each.type === "load");
      specs = load?.specs ?? [];
      if (termsProblem(load?.options ?? {}, specs, terms) !== undefined) end();
      for (const each of unsent.splice(0)) if (!isEnded) transmit(each);
    }

    return {
      send(message) {
        if (isEnded) return;
        if (isWelcome) transmit(message);
        else unsent.push(message);
      },
      setReferenced: (referenced) => connection?.setReferenced(referenced),
      async kill() {
        end();
        await ended.promise;
      },
    };
  };
}

/** Asks who serves. @returns `undefined` where nobody does. */
export function greetServer(place: LendingPlace): Promise<Pick<Welcome, "version" | "processId"> | undefined> {
  return new Promise((resolve) => {
    const connection = openConnection(place, {
      onEnd: () => resolve(undefined),
      onMessage(message) {
        connection?.close();
        resolve(message.type === "welcome" || message.type === "refused" ? { version: message.version, processId: message.processId } : undefined);
      },
    });
  });
}

interface ConnectionEvents {
  readonly onMessage: (message: FromServer) => void;
  readonly onEnd: (why: string) => void;
}

interface Connection {
  send(message: ToServer): void;
  /** Asks for a sign of life, unless nothing is waited for; ends the connection when none has come several times. */
  ping(isIdle: boolean): void;
  setReferenced(referenced: boolean): void;
  close(): void;
}

/** Says hello. @returns `undefined` where there is nobody to say it to: `onEnd` follows. */
function openConnection({ folder, socketPath, version, greetingMs = GREETING_MS }: LendingPlace, { onMessage, onEnd }: ConnectionEvents): Connection | undefined {
  const problem = folderProblem(folder);
  if (problem !== undefined) {
    setImmediate(() => onEnd(problem));
    return undefined;
  }
  const reader = createFrameReader();
  const socket: Socket = connect(socketPath);
  let unanswered = 0;
  const late = setTimeout(() => fail("it does not answer"), greetingMs);
  late.unref();

  function fail(why: string): void {
    clearTimeout(late);
    socket.destroy();
    onEnd(why);
  }

  socket.on("error", (error) => fail(error.message));
  socket.on("close", () => fail("it has ended"));
  socket.on("data", (bytes: Buffer) => {
    clearTimeout(late);
    unanswered = 0;
    try {
      for (const value of reader.read(bytes)) {
        const message = readReply(value);
        if (message === undefined) throw new Error("what it says makes no sense");
        onMessage(message);
      }
    } catch (error) {
      fail((error as Error).message);
    }
  });
  const send = (message: ToServer): void => void socket.write(encodeFrame(message));
  send({ type: "hello", version });
  return {
    send,
    ping(isIdle) {
      if (isIdle) unanswered = 0;
      else if (unanswered >= MAX_UNANSWERED) fail("it does not answer");
      else {
        unanswered += 1;
        send({ type: "ping" });
      }
    },
    setReferenced: (referenced) => void (referenced ? socket.ref() : socket.unref()),
    close() {
      clearTimeout(late);
      socket.destroy();
    },
  };
}

interface Pending {
  readonly isEmpty: boolean;
  sent(message: ToChild): void;
  received(message: FromChild): void;
}

/** What was asked for and is not answered: loads by role, work by its id. */
function createPending(): Pending {
  const open = new Set<ModelRole | number>();
  return {
    get isEmpty() {
      return open.size === 0;
    },
    sent(message) {
      if (message.type === "load") for (const { role } of message.specs) open.add(role);
      else if (message.type === "cancel") open.delete(message.id);
      else open.add(message.id);
    },
    received(message) {
      if (message.type === "loaded") open.delete(message.role);
      else if (message.type === "done" || message.type === "memory") open.delete(message.id);
    },
  };
}

/**
 * Whether the reranker could have to cut the query. Only the process of the model knows, and a server does not pass it on: a query that
 * could be too long, if each of its characters were a token, does not go there.
 */
function mayCutQuery(message: ToChild, specs: readonly LocalSpec[]): boolean {
  const spec = specs.find(({ role }) => role === "reranker");
  if (spec === undefined) return false;
  const asked = askedIn(message);
  if (asked === undefined) return false;
  const frame = spec.family === "qwen3" ? PROMPT_TOKENS + (asked.instruction?.length ?? 0) : spec.queryPrefix.length;
  return frame + asked.query.length > spec.maxTokens / 2;
}

/** A query is looked at when its vector is asked for, too: it is judged next. */
function askedIn(message: ToChild): { readonly query: string; readonly instruction?: string | undefined } | undefined {
  if (message.type === "score") return message;
  if (message.type !== "embed" || message.use !== "query") return undefined;
  return { query: message.texts[0] ?? "", instruction: message.instruction };
}
