import { rmSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFailure } from "../domain/disk-failure.ts";
import type { Qwen3Spec } from "../domain/model-spec.ts";
import { readCompileReport } from "../engine/qwen3/compile-report.ts";
import type { ProbeRequest } from "../engine/qwen3/probe-precision.ts";
import type { CompileOptions, CompileReport, CompileRequest, GoldenComparison } from "../ports/model-compiler.ts";
import { forkEntry } from "./child-process.ts";
import type { FromCompiler, ToCompiler } from "./compile-protocol.ts";
import { folderIdentity, partialFolder, putInPlace, removeOlderVersions, removePartials } from "./compiled-folder.ts";
import { defer } from "../domain/deferred.ts";
import { taskDeathError } from "./process-errors.ts";
import { fromWireError } from "./protocol.ts";

/**
 * Compiles in a process of its own, aside, and renames the folder when everything in it is complete: what a killed process leaves is
 * never used, and goes with the next compilation. The caller sees to it that no two processes compile the same model at once; of two
 * that do, because one was stopped for so long that its lock counted as left, the first to finish is kept.
 */
export async function compileInChild(request: CompileRequest, options: CompileOptions = {}): Promise<CompileReport> {
  const { compiledFolder } = request;
  const folder = partialFolder(compiledFolder);
  try {
    removePartials(compiledFolder);
    const replaced = folderIdentity(compiledFolder);
    await mkdir(folder, { recursive: true });
    const { threads } = options;
    const answer = await askChild({ type: "compile", request, folder, ...(threads !== undefined && { threads }) }, options);
    if (answer.type !== "compiled") throw new Error(`the compiler answered ${answer.type}`);
    if (!putInPlace(folder, compiledFolder, replaced)) return readCompileReport(compiledFolder);
    removeOlderVersions(compiledFolder);
    return answer.report;
  } catch (error) {
    throw cacheFailure(`the model cannot be compiled into ${compiledFolder}`, error);
  } finally {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // What stays goes with the next compilation: what failed first is what matters.
    }
  }
}

/** Runs the golden texts through a compiled model. Rejects with UserError when its answers are NaN or all alike. */
export async function verifyInChild(spec: Qwen3Spec, options: CompileOptions & Pick<Extract<ToCompiler, { type: "verify" }>, "device"> = {}): Promise<readonly GoldenComparison[]> {
  const { threads, device } = options;
  const answer = await askChild({ type: "verify", spec, ...(threads !== undefined && { threads }), ...(device !== undefined && { device }) }, options);
  if (answer.type !== "verified") throw new Error(`the compiler answered ${answer.type}`);
  return answer.comparisons;
}

/** Times some layers of a model with random weights; see `probePrecision`. What crashes ends its process alone, and rejects with UserError. */
export async function probeInChild(request: ProbeRequest, options: Pick<CompileOptions, "signal"> = {}): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), "rerank-probe-"));
  try {
    const answer = await askChild({ type: "probe", request, folder }, options);
    if (answer.type !== "probed") throw new Error(`the compiler answered ${answer.type}`);
    return answer.modelMs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Answer = Extract<FromCompiler, { type: "compiled" | "verified" | "probed" }>;

async function askChild(task: ToCompiler, { signal, onProgress, onNotice }: CompileOptions): Promise<Answer> {
  signal?.throwIfAborted();
  const result = defer<Answer>();
  const child = forkEntry<ToCompiler, FromCompiler>("compile-child", {
    onMessage(message) {
      if (message.type === "progress") onProgress?.(message.progress);
      else if (message.type === "notice") onNotice?.(message.line);
      else if (message.type === "failed") result.reject(fromWireError(message.error));
      else result.resolve(message);
    },
    onEnd: (how, lines) => result.reject(taskDeathError(how, lines, nameOf(task))),
  });
  const abort = (): void => result.reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    child.send(task);
    return await result.promise;
  } finally {
    signal?.removeEventListener("abort", abort);
    await child.kill();
  }
}

function nameOf(task: ToCompiler): string {
  if (task.type === "verify") return `verifying ${task.spec.id}`;
  if (task.type === "probe") return `trying ${task.request.precision} on ${task.request.device}`;
  return `compiling ${task.request.checkpointFolder} to ${task.request.precision}`;
}
