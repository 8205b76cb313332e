import { EventEmitter } from "node:events";
import { writeSync } from "node:fs";
import { PassThrough } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import type { ScreenStreams } from "../../ui/screen-services.ts";

/**
 * Alternate screen, the wheel as arrow keys in it (1007: without the mouse being captured, so that text can be selected as usual), pasted
 * text in brackets. The setting of 1007 is saved first: some terminals have it on for `less` and the like, and must keep it.
 */
const ENTER = "\u001b[?1049h\u001b[H\u001b[2J\u001b[?1007s\u001b[?1007h\u001b[?2004h";
const LEAVE = "\u001b[?2026l\u001b[0m\u001b[?25h\u001b[?2004l\u001b[?1007r\u001b[?1049l";
const CTRL_C = 0x03;
const CTRL_Z = 0x1a;
const PASTE_BEGINS = "\u001b[200~";
const PASTE_ENDS = "\u001b[201~";
/** What Ctrl-C and Ctrl-\ send to all that the terminal belongs to, us too while an editor or a pager runs: they are meant for that one. */
const BORROWERS_SIGNALS = ["SIGINT", "SIGQUIT"] as const;
/** A stopped process gets no further than the signal; one that nobody can stop (no job control) goes on after this. */
const STOP_MS = 100;

type Input = ReadStream & { readonly fd: number };
type Output = WriteStream & { readonly fd: number };

export interface ScreenTerminalOptions {
  readonly stdin: Input;
  readonly stdout: Output;
  /** Ctrl-C was typed; the screen hears it too. */
  readonly onInterrupt?: () => void;
}

/** The terminal while the screen has it. */
export interface ScreenTerminal {
  /** What the screen reads and writes instead of the terminal itself. */
  readonly streams: ScreenStreams;
  /** Writes a sequence that the screen knows nothing of. */
  write(sequence: string): void;
  /** Gives the terminal to another program while `run` runs, as it was before; then the screen is painted again. One at a time. */
  lend<T>(run: () => Promise<T>): Promise<T>;
  /** Gives the terminal back as it was. May be called twice. */
  close(): void;
}

/**
 * Takes the terminal for the screen. It is given back by `close` and, whatever happens, when the process ends; Ctrl-Z gives it
 * back until the process goes on.
 */
export function openScreenTerminal({ stdin, stdout, onInterrupt }: ScreenTerminalOptions): ScreenTerminal {
  const keys = new ScreenKeys(stdin);
  const canvas = new ScreenCanvas(stdout);
  let isClosed = false;
  /** Who has the terminal instead of the screen: an editor, the shell. */
  let lent = 0;
  let isPasting = false;

  function take(): void {
    // Where the terminal has gone meanwhile there is nothing to take; the end of the session follows.
    if (stdin.destroyed) return;
    stdin.setRawMode(true);
    isPasting = false;
    stdin.on("data", onData);
    stdin.resume();
    stdout.write(ENTER);
    canvas.isShown = true;
  }

  function release(): void {
    canvas.isShown = false;
    stdin.off("data", onData);
    stdin.pause();
    restoreModes();
  }

  /** Also the last thing before the process ends, where nothing can be waited for. */
  function restoreModes(): void {
    try {
      if (!stdin.destroyed) stdin.setRawMode(false);
      writeSync(stdout.fd, LEAVE);
    } catch {
      // The terminal has gone (its window was closed): nothing is left to restore.
    }
  }

  function giveAway(): void {
    if (lent++ === 0) release();
  }

  function takeBack(): void {
    if (--lent > 0 || isClosed) return;
    take();
    // Only the job in the foreground is told of a new size, and Node keeps the one that it knows: its own listener asks the terminal again.
    process.emit("SIGWINCH", "SIGWINCH");
    // Whoever had it has painted over everything.
    canvas.emit("resize");
  }

  function onData(chunk: Buffer): void {
    if (chunk.includes(CTRL_C)) onInterrupt?.();
    const [begins, ends] = [chunk.lastIndexOf(PASTE_BEGINS), chunk.lastIndexOf(PASTE_ENDS)];
    if (begins !== ends) isPasting = begins > ends;
    // Raw mode hands Ctrl-Z to us, behind what was typed just before. Within pasted text it is none.
    const isStop = chunk.at(-1) === CTRL_Z && !isPasting && process.platform !== "win32";
    const typed = isStop ? chunk.subarray(0, -1) : chunk;
    if (typed.length > 0) keys.write(typed);
    if (isStop) stop();
  }

  function stop(): void {
    giveAway();
    let hasGoneOn = false;
    const goOn = (): void => {
      if (hasGoneOn) return;
      hasGoneOn = true;
      process.off("SIGCONT", goOn);
      takeBack();
    };
    process.on("SIGCONT", goOn);
    // The whole job, as a terminal's own Ctrl-Z: npx or a script may stand between the shell and us.
    process.kill(0, "SIGTSTP");
    setTimeout(goOn, STOP_MS);
  }

  /** Stopped from outside and continued: the shell has set the terminal to its own liking meanwhile. */
  function onContinue(): void {
    if (lent > 0) return;
    giveAway();
    takeBack();
  }

  const onResize = (): void => void canvas.emit("resize");
  // A terminal that has gone says so here; what follows is SIGHUP's to decide.
  const onInputError = (): void => {};

  process.on("exit", restoreModes);
  process.on("SIGCONT", onContinue);
  stdout.on("resize", onResize);
  stdin.on("error", onInputError);
  take();

  return {
    streams: { stdin: keys as unknown as ReadStream, stdout: canvas as unknown as WriteStream },
    write(sequence) {
      stdout.write(sequence);
    },
    async lend(run) {
      giveAway();
      const listen = BORROWERS_SIGNALS.map(ignoreSignal);
      try {
        return await run();
      } finally {
        for (const each of listen) each();
        takeBack();
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      process.off("exit", restoreModes);
      process.off("SIGCONT", onContinue);
      stdout.off("resize", onResize);
      if (lent === 0) release();
      stdin.off("error", onInputError);
      // A terminal that is read keeps the process alive.
      stdin.unref();
    },
  };
}

/** Does nothing on a signal, until what it returns is called. It always has a listener: without one it would end the process. */
function ignoreSignal(name: NodeJS.Signals): () => void {
  const ignore = (): void => {};
  const listeners = process.rawListeners(name) as (() => void)[];
  process.on(name, ignore);
  for (const each of listeners) process.off(name, each);
  return () => {
    for (const each of listeners) process.on(name, each);
    process.off(name, ignore);
  };
}

/** What the terminal sends, but for what the screen must not see. It is read as a terminal is; raw mode is not the reader's business. */
class ScreenKeys extends PassThrough {
  readonly isTTY = true;
  readonly fd: number;
  readonly #stdin: Input;

  constructor(stdin: Input) {
    super();
    this.#stdin = stdin;
    this.fd = stdin.fd;
  }

  setRawMode(): this {
    return this;
  }

  ref(): this {
    this.#stdin.ref();
    return this;
  }

  unref(): this {
    this.#stdin.unref();
    return this;
  }
}

/** What the screen is drawn on: the terminal, while the screen has it. */
class ScreenCanvas extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  readonly fd: number;
  isShown = false;
  readonly #stdout: Output;

  constructor(stdout: Output) {
    super();
    // Several parts of a screen listen for its size.
    this.setMaxListeners(0);
    this.#stdout = stdout;
    this.fd = stdout.fd;
  }

  get columns(): number {
    return this.#stdout.columns;
  }

  get rows(): number {
    return this.#stdout.rows;
  }

  getColorDepth(env?: object): number {
    return this.#stdout.getColorDepth(env);
  }

  hasColors(count?: number): boolean {
    return this.#stdout.hasColors(count);
  }

  write(text: string | Uint8Array, encoding?: BufferEncoding | ((error?: Error | null) => void), onWritten?: (error?: Error | null) => void): boolean {
    const callback = typeof encoding === "function" ? encoding : onWritten;
    if (this.isShown) return this.#stdout.write(text as string, (error) => callback?.(error));
    if (callback !== undefined) setImmediate(callback);
    return true;
  }
}
