import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { UserError } from "../domain/errors.ts";
import { createKeptLines } from "./kept-lines.ts";
import type { FromChild, ToChild } from "./protocol.ts";

export interface ChildEvents<Message = FromChild> {
  readonly onMessage: (message: Message) => void;
  /** Once, when the process has ended and its output is read. `how` is "signal SIGKILL" or "exit code 1"; `lines` may tell why. */
  readonly onEnd: (how: string, lines: readonly string[]) => void;
}

/** One forked process. */
export interface InferenceProcess<Message = ToChild> {
  send(message: Message): void;
  /** Whether the parent stays alive for it. A script that only forgot to close must be able to end. */
  setReferenced(referenced: boolean): void;
  /** Kills it; resolves when it has ended. `onEnd` is called as well. */
  kill(): Promise<void>;
}

export interface BorrowEvents {
  readonly onMessage: (message: FromChild) => void;
  /** Once, when the models answer no longer, or never do. `lost`: why, where they had answered and a user should know. */
  readonly onEnd: (lost: string | undefined) => void;
}

/** Finds models that are loaded already, in the place of a process of one's own. None of the events is called before this has returned. */
export type BorrowModels = (events: BorrowEvents) => InferenceProcess;

export function forkInference(events: ChildEvents): InferenceProcess {
  return forkEntry<ToChild, FromChild>("child", events);
}

/** @param entry name of a file beside this one, without extension. */
export function forkEntry<To extends object, From>(entry: string, { onMessage, onEnd }: ChildEvents<From>): InferenceProcess<To> {
  const child = fork(entryPath(entry), [], {
    // The parent's own flags (a debugger's port, a loader) are not for the child.
    execArgv: [],
    // Vectors travel as they are; JSON would write out every digit.
    serialization: "advanced",
    // Native code warns on both streams: none of that may reach the user's stdout.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A group of its own: Ctrl-C in a terminal is for the parent, and would kill a child that is still starting. Windows
    // would open a window for it.
    detached: process.platform !== "win32",
  });
  const output = createKeptLines();
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => output.add(text));
  let end: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let reported = false;
  function report(how: string): void {
    if (reported) return;
    reported = true;
    end?.();
    onEnd(how, output.lines());
  }
  child.on("message", (message) => {
    if (!reported) onMessage(message as From);
  });
  // "close" rather than "exit": by then the last lines of its output are read.
  child.on("close", (code, signal) => report(signal === null ? `exit code ${code}` : `signal ${signal}`));
  child.on("error", (error) => {
    // Also reported for messages that no longer reach a dying child; those end with "close".
    if (child.pid === undefined) report(error.message);
  });

  return {
    send(message) {
      child.send(message, () => {});
    },
    setReferenced(referenced) {
      const streams = [child.stdout, child.stderr] as (Readable & { ref?(): void; unref?(): void })[];
      for (const handle of [child, child.channel, ...streams]) {
        if (referenced) handle?.ref?.();
        else handle?.unref?.();
      }
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Beside this file when built; the built one when this is the TypeScript source (tests, development). */
function entryPath(entry: string): string {
  const fromSource = import.meta.url.endsWith(".ts");
  const path = fileURLToPath(new URL(fromSource ? `../../dist/inference/${entry}.js` : `./${entry}.js`, import.meta.url));
  if (existsSync(path)) return path;
  throw new UserError(`the inference process ${path} is missing`, {
    hint: fromSource ? "run `npm run build`" : "install rerank-cli again",
  });
}
