import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { openTmux, type TerminalOptions, type TmuxTerminal } from "./tmux.ts";
import { createWorkplace, expectExit, type Workplace } from "./workplace.ts";

const CORPUS = new URL("../../../corpora/demo/docs/", import.meta.url);
const DOCUMENTS = [
  "capitals/ancient-capitals.tsv",
  "capitals/beijing.md",
  "capitals/canberra.md",
  "capitals/北京.md",
  "howto/brew-tea.md",
  "howto/除水垢.md",
  "physics/gravity-einstein.md",
  "physics/gravity-film.html",
  "physics/gravity-newton.md",
  "physics/gravity-of-the-situation.txt",
  "physics/specific-gravity-brewing.md",
  "physics/什么是重力.md",
];
const FEW_CANDIDATES = 8;
/** More than a window has lines for. For `freezeJudging`, too: judging them takes a while. */
export const MANY_CANDIDATES = 24;
/** Nothing has been asked yet. */
export const STARTED = /type a question and press Enter/;
export const SHOWS_RESULT = /rerank \d+ in /;

/** An index of twelve documents in two languages, made with the bundled pair. */
export async function createBilingualIndex(): Promise<Workplace> {
  const place = createWorkplace(Object.fromEntries(DOCUMENTS.map((path) => [`docs/${path}`, readFileSync(fileURLToPath(new URL(path, CORPUS)))])));
  expectExit(await place.rerank(["index", "docs"]), 0);
  return place;
}

export interface ScreenSession {
  readonly terminal: TmuxTerminal;
  /**
   * Expects that the program has ended, and that the terminal is as it was before; resolves to what it shows.
   *
   * @param from where the part begins in which nothing of the screen must be left.
   */
  expectLeft(exitCode: number, from?: string): Promise<string>;
}

export interface SessionOptions extends TerminalOptions {
  /**
   * Passages that are judged for each query. By default a few: judging all 42 of them costs more than everything else that a
   * session does.
   */
  readonly candidates?: number;
  readonly command?: string;
  /** What shows that it has started. */
  readonly started?: RegExp;
}

export interface ScreenSessions {
  /** Starts `rerank` in a terminal of its own. */
  start(options?: SessionOptions): Promise<ScreenSession>;
  /** Starts it, and waits for the result of a query. */
  startWith(query: string, options?: SessionOptions): Promise<ScreenSession>;
  closeAll(): Promise<void>;
}

let count = 0;

/** @param placeOf asked when a session starts: the place is made before the first test. */
export function createScreenSessions(placeOf: () => Workplace): ScreenSessions {
  const opened: TmuxTerminal[] = [];

  async function start({ command = "rerank", started = STARTED, candidates = FEW_CANDIDATES, env, ...options }: SessionOptions = {}): Promise<ScreenSession> {
    const place = placeOf();
    // No session knows what another one has searched for, unless it is told where that is.
    const terminal = await openTmux(place, { ...options, env: { XDG_STATE_HOME: place.path("..", `state-${++count}`), RERANK_CANDIDATES: String(candidates), ...env } });
    opened.push(terminal);
    const modes = await terminal.modes();
    await terminal.command("clear; echo what stood here before");
    await terminal.until(/^what stood here before\n.*\$$/m);
    await terminal.command(`${command}; echo "left with $?"`);
    await terminal.until(started);
    return {
      terminal,
      async expectLeft(exitCode, from = "what stood here before") {
        const shown = await terminal.until(/^left with \d+$/m);
        expect(shown).toMatch(new RegExp(`^left with ${exitCode}$`, "m"));
        expect(shown).toMatch(/^what stood here before$/m);
        expect(shown.slice(shown.indexOf(from))).not.toMatch(/passages? in|by relevance|Esc /);
        expect(await terminal.modes()).toBe(modes);
        return shown;
      },
    };
  }

  return {
    start,
    async startWith(query, options) {
      const session = await start(options);
      await session.terminal.command(query);
      await session.terminal.until(SHOWS_RESULT);
      return session;
    },
    async closeAll() {
      for (const terminal of opened.splice(0)) await terminal.close();
    },
  };
}

/**
 * Stops the models' process in the middle of judging, so that there is all the time to look; `goOn` lets it continue.
 * For sessions with many candidates.
 */
export async function freezeJudging(terminal: TmuxTerminal): Promise<{ readonly goOn: () => void }> {
  const { model } = await terminal.processes();
  await terminal.untilGlimpsed(/judging \d+ of \d+/);
  process.kill(model, "SIGSTOP");
  // What was judged before is still drawn; the time that is left is reckoned anew all the while.
  let judged: string | undefined;
  await terminal.untilFound(async () => {
    const [now] = /judging \d+ of \d+/.exec(await terminal.text()) ?? [];
    if (now === undefined) throw new Error("judging has ended before it could be stopped");
    const isSame = now === judged;
    judged = now;
    return isSame || undefined;
  }, "an end of the judging");
  return { goOn: () => void process.kill(model, "SIGCONT") };
}
