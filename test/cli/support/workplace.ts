import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { writeFiles } from "../../support/temp-folder.ts";

/** The built program, as it is installed. */
export const PROGRAM = fileURLToPath(new URL("../../../bin/rerank.js", import.meta.url));
/** A user whom file permissions bind: root reads and writes everything. */
export const NOBODY = 65_534;

export interface RunOptions {
  /** Below the workplace's folder. Default: the folder itself. */
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as a user without rights, where this process may choose one. */
  readonly unprivileged?: boolean;
  /** Closes our end of stdout after its first bytes, as `| head -1` does. */
  readonly closeAfterFirstOutput?: boolean;
}

/** What one run of the command line left behind. */
export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own, with a home folder beside it, where the built program runs as a user would run it. */
export interface Workplace {
  readonly folder: string;
  /** All that the program hears of its surroundings. */
  readonly environment: Readonly<Record<string, string>>;
  write(files: Readonly<Record<string, string | Uint8Array>>): void;
  path(...names: string[]): string;
  rerank(args: readonly string[], options?: RunOptions): Promise<Run>;
  remove(): void;
}

export function createWorkplace(files: Readonly<Record<string, string | Uint8Array>> = {}): Workplace {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "rerank-cli-")));
  const folder = join(base, "work");
  const home = join(base, "home");
  mkdirSync(folder);
  mkdirSync(home);
  // Runs as another user enter it too.
  for (const each of [base, folder, home]) chmodSync(each, 0o777);
  const environment = environmentIn(home);
  const workplace: Workplace = {
    folder,
    environment,
    write: (more) => writeFiles(folder, more),
    path: (...names) => join(folder, ...names),
    rerank: (args, options = {}) => run(args, { ...options, cwd: join(folder, options.cwd ?? "."), env: { ...environment, ...options.env } }),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
  workplace.write(files);
  return workplace;
}

/** Nothing of the machine that the tests run on reaches the program. */
function environmentIn(home: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "data"),
    XDG_RUNTIME_DIR: join(home, "run"),
    HF_HUB_OFFLINE: "1",
    TERM: "dumb",
  };
}

function run(
  args: readonly string[],
  { cwd, env, stdin = "", unprivileged = false, closeAfterFirstOutput = false }: RunOptions & { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Run> {
  const isRoot = process.geteuid?.() === 0;
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env, ...(unprivileged && isRoot && { uid: NOBODY, gid: NOBODY }) });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout.push(chunk);
    if (closeAfterFirstOutput) child.stdout.destroy();
  });
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A program that refuses its arguments does not read its input.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => {
      resolve({ exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** Expects a user's error: exit code 2, nothing on stdout, and on stderr one line and one hint, no stack. */
export function expectUserError({ exitCode, stdout, stderr }: Run, message: RegExp | string, hint: RegExp | string): void {
  const lines = stderr.trimEnd().split("\n");
  expect({ exitCode, stdout, lines }).toEqual({
    exitCode: 2,
    stdout: "",
    lines: [expect.stringMatching(/^rerank: \S/), expect.stringMatching(/^ {2}hint: \S/)],
  });
  expect(lines[0]).toMatch(message);
  expect(lines[1]).toMatch(hint);
}

/** Expects an exit code, and shows what the program said when it is another one. */
export function expectExit(run: Run, exitCode: number): Run {
  expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode, stderr: run.stderr });
  expect(run.stderr).not.toMatch(/^ {4}at |unexpected error|EPIPE/m);
  return run;
}
