import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { inferenceThreads } from "../engine/processor-cores.ts";
import type { BenchmarkMachine } from "../pipeline/benchmark-report.ts";

/** @param threads the user's setting; 0 leaves their number to the engine. */
export function describeMachine(threads: number): BenchmarkMachine {
  const processors = cpus();
  const [loadAverage = 0] = loadavg();
  return {
    system: `${type()} ${release()} ${process.arch}`,
    processor: processors[0]?.model.trim() || "unknown processor",
    logicalProcessors: processors.length,
    threads: threads || inferenceThreads() || availableParallelism(),
    nodeVersion: process.version,
    totalBytes: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
    availableBytes: process.availableMemory(),
    loadAverage,
    // Both numbers are the whole machine's, also in a container that has a part of it.
    isBusy: loadAverage > processors.length,
  };
}
