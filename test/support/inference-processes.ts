import { execFileSync } from "node:child_process";

/** Ids of the inference processes that a process has started. */
export function inferenceProcessesOf(parent: number): number[] {
  return childrenOf(parent, /inference[\\/]child\.js$/);
}

/** Ids of the processes that compile a model for a process. */
export function compilersOf(parent: number): number[] {
  return childrenOf(parent, /inference[\\/]compile-child\.js$/);
}

function childrenOf(parent: number, entry: RegExp): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [pid, ppid, ...args] = line.trim().split(/\s+/);
    return Number(ppid) === parent && args.some((arg) => entry.test(arg)) ? [Number(pid)] : [];
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: there is no such process.
    return false;
  }
}

/** Waits until something holds; the test's own time limit ends it when it never does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
