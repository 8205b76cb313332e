import { inspect } from "node:util";
import { UserError } from "../domain/errors.ts";
import { printableText } from "./printable.ts";

/** A stream as `process.stdout` is one. */
export interface OutputStream {
  write(text: string, onWritten: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export interface OutputStreams {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** stdout is data, stderr is talk. */
export interface Output {
  /**
   * Writes data and resolves once the reader has taken it, so that a slow reader slows us down instead of filling memory.
   * After the reader has gone it does nothing. Rejects with UserError when the data cannot be kept (a full disk).
   */
  write(text: string): Promise<void>;
  /** Writes talk to stderr, with a line break. A stderr that nobody reads is no error. */
  notice(line: string): void;
  /** The reader of stdout went away (`| head -1`): a normal end. */
  readonly closed: boolean;
  /** Calls back once when stdout is closed, at once when it is already. */
  onClosed(callback: () => void): void;
  /** Resolves when all that was written to both streams has left. */
  drained(): Promise<void>;
}

/** EOF and ECONNRESET are what Windows and sockets say for EPIPE. */
const READER_GONE = new Set(["EPIPE", "EOF", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"]);

export function createOutput({ stdout, stderr }: OutputStreams): Output {
  let closed = false;
  let failure: UserError | undefined;
  const listeners: (() => void)[] = [];
  const pending = new Set<Promise<void>>();

  function fail(error: NodeJS.ErrnoException): void {
    if (!READER_GONE.has(error.code ?? "")) {
      failure ??= cannotWrite(error);
      return;
    }
    if (closed) return;
    closed = true;
    for (const listener of listeners.splice(0)) listener();
  }

  // Without a listener Node ends the process at the first EPIPE, with a stack on stderr.
  stdout.on("error", fail);
  stderr.on("error", () => {});

  function track(write: Promise<void>): Promise<void> {
    const settled = write.then(
      () => {},
      () => {},
    );
    pending.add(settled);
    void settled.then(() => pending.delete(settled));
    return write;
  }

  return {
    async write(text) {
      if (failure !== undefined) throw failure;
      if (closed || text === "") return;
      await track(
        new Promise<void>((resolve, reject) => {
          stdout.write(text, (error) => {
            if (error) fail(error);
            if (failure === undefined) resolve();
            else reject(failure);
          });
        }),
      );
    },
    notice(line) {
      void track(new Promise<void>((resolve) => stderr.write(`${line}\n`, () => resolve())));
    },
    get closed() {
      return closed;
    },
    onClosed(callback) {
      if (closed) callback();
      else listeners.push(callback);
    },
    async drained() {
      while (pending.size > 0) await Promise.all(pending);
      if (failure !== undefined) throw failure;
    },
  };
}

/** What a user reads when something is wrong that they can set right: one line and one hint. */
export function formatUserError({ message, hint }: UserError): string {
  const line = `rerank: ${indented(message)}`;
  return hint === undefined ? line : `${line}\n  hint: ${indented(hint)}`;
}

/** Any other error is our mistake: its stack and its causes, to be sent to us. */
export function formatBug(error: unknown): string {
  const details = printableText(inspect(error, { depth: 4 }));
  return `rerank: unexpected error; please report it with the lines below\n${details}`;
}

/** Messages quote file names and other people's errors: nothing in them reaches a terminal raw. */
function indented(message: string): string {
  return printableText(message.trim()).replaceAll("\n", "\n  ");
}

function cannotWrite(error: NodeJS.ErrnoException): UserError {
  const isFull = error.code === "ENOSPC" || error.code === "EDQUOT";
  const reason = isFull ? "no space left on the device" : error.message;
  return new UserError(`cannot write the output: ${reason}`, {
    hint: isFull ? "free some space, or send the output elsewhere" : "check where the output goes",
    cause: error,
  });
}
