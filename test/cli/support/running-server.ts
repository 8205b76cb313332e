import { type ChildProcess, spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { inferenceProcessesOf, until } from "../../support/inference-processes.ts";
import { PROGRAM, type Workplace } from "./workplace.ts";

export interface RunningServer {
  /** "http://127.0.0.1:12345" */
  readonly url: string;
  readonly process: ChildProcess;
  /** What it has logged. */
  log(): string;
  /** Of the processes that have its models. */
  models(): number[];
  /** What /metrics says of one name; 0 where it says nothing. */
  metric(name: string): Promise<number>;
  /** Resolves to the exit code, or to the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts the built `rerank serve` on a free port with the bundled pair, and waits for its models. It ends with the test. */
export async function startServer(place: Workplace, ...args: readonly string[]): Promise<RunningServer> {
  const child = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", "--models", "mini", "--no-socket", ...args], { cwd: place.folder, env: place.environment });
  let [out, log] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (log += bytes.toString()));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await until(() => out.includes("\n") || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`the server has ended: ${log}`);
  const url = out.trim();
  while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    url,
    process: child,
    ended,
    log: () => log,
    models: () => inferenceProcessesOf(child.pid ?? 0),
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text)?.[1] ?? 0);
    },
  };
}
