import { execFile, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { inferenceProcessesOf } from "../../support/inference-processes.ts";
import { PROGRAM, type Workplace } from "./workplace.ts";

const run = promisify(execFile);
const POLL_MS = 60;
/** A look costs about 10 ms of processor time: what has not come yet is looked for less and less often. */
const LONGEST_POLL_MS = 240;
const POLL_GROWTH = 1.3;
/** A machine that does many other things at once takes its time; what comes is seen at once. */
const PATIENCE_MS = 60_000;
const PROMPT = "ready$ ";

/** Why tests that need a real terminal are skipped; `undefined` where there is one. */
export const NO_TMUX = spawnSync("tmux", ["-V"]).status === 0 ? undefined : "tmux is not installed (apt-get install tmux)";

/** A title of tests that says why they are skipped, where they are. */
export function withReason(title: string): string {
  return NO_TMUX === undefined ? title : `${title} (skipped: ${NO_TMUX})`;
}

/** What a terminal is asked to show, and for whom. */
export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A terminal with a shell, in which `rerank` is the built program. */
export interface TmuxTerminal {
  /** Types a line and Enter: a command at the shell's prompt, a query in the screen. */
  command(line: string): Promise<void>;
  /** Types characters as they are. */
  type(text: string): Promise<void>;
  /** Presses keys by tmux's names: "Enter", "Escape", "C-c", "Up". */
  press(...keys: readonly string[]): Promise<void>;
  /** Pastes as a terminal does: in brackets where the program in it has asked for them. */
  paste(text: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** What is shown, a line a row, without spaces at their ends. */
  text(): Promise<string>;
  /** The same with its escape sequences. */
  painted(): Promise<string>;
  /** Resolves to what is shown as soon as it fits; rejects, with what is shown, when that does not come. */
  until(wanted: RegExp | string | ((text: string) => boolean), patienceMs?: number): Promise<string>;
  /** The same for what is shown for a moment only: looks again and again without a pause. */
  untilGlimpsed(wanted: RegExp): Promise<string>;
  /** Resolves to a value as soon as there is one. */
  untilFound<T>(find: () => T | undefined | Promise<T | undefined>, what: string, patienceMs?: number): Promise<T>;
  /** What is shown once it stays the same. */
  settled(): Promise<string>;
  /** Where the cursor stands, from 0, 0. */
  cursor(): Promise<{ readonly x: number; readonly y: number; readonly isVisible: boolean }>;
  /** At the shell's prompt: what `stty -a` says but for the size, and what tmux knows of the terminal's modes. */
  modes(): Promise<string>;
  /** Of the program that runs in the terminal, and of the process that has its models. */
  processes(): Promise<{ readonly program: number; readonly model: number }>;
  close(): Promise<void>;
}

/** An argument that ends in ";" would end tmux's command. */
function literal(text: string): string {
  return text.endsWith(";") ? `${text.slice(0, -1)}\\;` : text;
}

let terminals = 0;
let modeFiles = 0;

/** Starts a tmux server of its own with one window: nobody's settings and nobody's sessions are touched. */
export async function openTmux(place: Workplace, { columns = 120, rows = 30, env = {} }: TerminalOptions = {}): Promise<TmuxTerminal> {
  // Beside the folder, in which nothing must lie that the program has not written.
  const base = join(place.folder, "..");
  const socket = join(base, `tmux-${++terminals}`);
  const environment = { ...place.environment, TERM: "xterm-256color", LANG: "C.UTF-8", ...env };
  const tmux = async (...args: readonly string[]): Promise<string> => (await run("tmux", ["-u", "-S", socket, "-f", "/dev/null", ...args], { env: environment })).stdout;

  async function query(...names: readonly string[]): Promise<string[]> {
    return (await tmux("display-message", "-p", names.map((name) => `#{${name}}`).join("\t"))).trimEnd().split("\t");
  }
  const text = async (): Promise<string> => await tmux("capture-pane", "-p");

  async function untilFound<T>(find: () => T | undefined | Promise<T | undefined>, what: string, patienceMs = PATIENCE_MS, longestPollMs = LONGEST_POLL_MS): Promise<T> {
    const deadline = Date.now() + patienceMs;
    for (let pollMs = Math.min(POLL_MS, longestPollMs); ; pollMs = Math.min(pollMs * POLL_GROWTH, longestPollMs)) {
      const found = await find();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`${what} did not come; the terminal shows:\n${await text()}`);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  const terminal: TmuxTerminal = {
    command: async (line) => void (await tmux("send-keys", "-l", literal(line), ";", "send-keys", "Enter")),
    type: async (typed) => void (await tmux("send-keys", "-l", literal(typed))),
    press: async (...keys) => void (await tmux("send-keys", ...keys)),
    async paste(pasted) {
      await tmux("set-buffer", literal(pasted), ";", "paste-buffer", "-p");
    },
    resize: async (x, y) => void (await tmux("resize-window", "-x", String(x), "-y", String(y))),
    text,
    painted: () => tmux("capture-pane", "-p", "-e"),
    until(wanted, patienceMs) {
      const isThere = typeof wanted === "function" ? wanted : typeof wanted === "string" ? (shown: string) => shown.includes(wanted) : (shown: string) => wanted.test(shown);
      const look = async () => {
        const shown = await text();
        return isThere(shown) ? shown : undefined;
      };
      return untilFound(look, String(wanted), patienceMs);
    },
    async untilGlimpsed(wanted) {
      const look = async () => {
        const shown = await text();
        return wanted.test(shown) ? shown : undefined;
      };
      return untilFound(look, String(wanted), PATIENCE_MS, 1);
    },
    untilFound,
    async settled() {
      let last: string | undefined;
      return untilFound(async () => {
        const shown = await text();
        const isSame = shown === last;
        last = shown;
        // Longer than the parts of one frame are apart.
        if (!isSame) await new Promise((resolve) => setTimeout(resolve, 3 * POLL_MS));
        return isSame ? shown : undefined;
      }, "an end of the changes");
    },
    async cursor() {
      const [x, y, flag] = await query("cursor_x", "cursor_y", "cursor_flag");
      return { x: Number(x), y: Number(y), isVisible: flag === "1" };
    },
    async modes() {
      const file = join(base, `modes-${++modeFiles}`);
      // Pasted: a terminal that still puts pastes in brackets would not run it.
      await terminal.paste(`stty -a > '${file}.part' && mv '${file}.part' '${file}'\n`);
      const stty = await untilFound(() => (existsSync(file) ? readFileSync(file, "utf8") : undefined), "the output of stty");
      const flags = await query("alternate_on", "cursor_flag", "insert_flag", "keypad_cursor_flag", "mouse_any_flag", "origin_flag", "wrap_flag");
      return [stty.replace(/rows \d+; columns \d+;/, ""), ...flags].join(" ");
    },
    processes: () =>
      untilFound(async () => {
        const [shell = ""] = await query("pane_pid");
        const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid="]);
        const program = Number(stdout.split("\n").map((line) => line.trim().split(/\s+/)).find(([, parent]) => parent === shell)?.[0]);
        const [model] = Number.isNaN(program) ? [] : inferenceProcessesOf(program);
        return model === undefined ? undefined : { program, model };
      }, "the process of the models"),
    close: async () => void (await tmux("kill-server").catch(() => {})),
  };

  const shell = `PS1='${PROMPT}' exec sh -i`;
  await tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), "-c", place.folder, shell, ";", "set-option", "-g", "status", "off");
  await terminal.until((shown) => shown.includes(PROMPT.trimEnd()));
  const setup = join(base, `setup-${terminals}`);
  writeFileSync(setup, `rerank() { '${process.execPath}' '${PROGRAM}' "$@"; }\n`);
  await terminal.command(`. '${setup}'; clear`);
  return terminal;
}
