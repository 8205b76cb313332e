import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * Threads for matrix products: one per physical core that this process may use. A second thread on the same core shares
 * its multipliers, and a container's share of a large machine is smaller than the machine. 0 = ONNX Runtime decides,
 * where the operating system does not say (it takes the physical cores).
 */
export function inferenceThreads(): number {
  if (process.platform !== "linux") return 0;
  const threadsPerCore = readThreadsPerCore() ?? 1;
  const cores = Math.ceil(availableParallelism() / threadsPerCore);
  return Math.max(1, Math.min(cores, Math.ceil(readCgroupCpus() ?? cores)));
}

function readThreadsPerCore(): number | undefined {
  // "0,32" or "0-1": the hardware threads of the first core.
  const siblings = readFirstLine("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list");
  if (siblings === undefined || siblings === "") return undefined;
  return siblings.split(",").reduce((count, range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return count + last - first + 1;
  }, 0);
}

function readCgroupCpus(): number | undefined {
  // "200000 100000" = two processors' time; "max 100000" = no limit.
  const [quota, period] = (readFirstLine("/sys/fs/cgroup/cpu.max") ?? "").split(" ").map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : undefined;
}

function readFirstLine(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").split("\n")[0]?.trim();
  } catch {
    // Not every kernel and container has these files: the caller goes on without the hint.
    return undefined;
  }
}
