import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";

/** Those that decide how fast products of small numbers are. */
const TELLING_SETS = ["avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm", "bf16", "sve"];

/** @param {number} threads */
export function describeMachine(threads) {
  return {
    processor: cpus()[0]?.model.trim() ?? process.arch,
    instructionSets: instructionSets(),
    threads,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    /** Other work on the machine, in processors: figures of a busy one are not to be compared. 0 on Windows. */
    loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    system: `${process.platform} ${process.arch}, Node ${process.version}`,
  };
}

/** Empty where the operating system has no list of them in a file. */
function instructionSets() {
  try {
    const [, flags = ""] = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8")) ?? [];
    const present = new Set(flags.split(/\s+/));
    return TELLING_SETS.filter((name) => present.has(name));
  } catch {
    // macOS and Windows: the processor's name has to do.
    return [];
  }
}
