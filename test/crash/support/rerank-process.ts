import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inferenceProcessesOf } from "../../support/inference-processes.ts";

const PROGRAM = fileURLToPath(new URL("../../../bin/rerank.js", import.meta.url));

export interface StartOptions {
  readonly cwd: string;
  readonly stdin?: string;
  /** Runs as this user and group, where this process may choose one. */
  readonly userId?: number;
  /** A file descriptor that takes the program's stdout. */
  readonly stdoutFile?: number;
}

/** How a run ended. `code` is `null` when a signal has killed it. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program at work, in a process group of its own, as a shell starts it. */
export interface RerankProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly hasEnded: boolean;
  /** What it has said so far. */
  stdout(): string;
  stderr(): string;
  inferenceIds(): number[];
  /** To the process and all that it has started, as a terminal does it with Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void;
}

export function startRerank(args: readonly string[], { cwd, stdin, userId, stdoutFile }: StartOptions): RerankProcess {
  // A home without a configuration, which every user may enter.
  const home = join(tmpdir(), "rerank-crash-home");
  mkdirSync(home, { recursive: true });
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    detached: true,
    stdio: [stdin === undefined ? "ignore" : "pipe", stdoutFile ?? "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", TMPDIR: tmpdir(), HOME: home },
    ...(userId !== undefined && { uid: userId, gid: userId }),
  });
  child.stdin?.end(stdin);
  let stdout = "";
  let stderr = "";
  let hasEnded = false;
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      hasEnded = true;
      resolve({ code, stdout, stderr });
    });
  });
  return {
    child,
    ended,
    get hasEnded() {
      return hasEnded;
    },
    stdout: () => stdout,
    stderr: () => stderr,
    inferenceIds: () => (child.pid === undefined ? [] : inferenceProcessesOf(child.pid)),
    signalGroup(signal) {
      if (child.pid === undefined || hasEnded) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // ESRCH: it ended a moment ago.
      }
    },
  };
}

export async function rerank(args: readonly string[], options: StartOptions): Promise<Ended> {
  return startRerank(args, options).ended;
}

/** The report of `rerank index --json`. */
export function reportOf({ stdout }: Ended): Report {
  return JSON.parse(stdout) as Report;
}

export interface Report {
  readonly indexed: number;
  readonly unchanged: number;
  readonly embedded: number;
  readonly interrupted: boolean;
  readonly total: { readonly documents: number; readonly passages: number };
}
