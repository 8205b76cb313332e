import { readdirSync, renameSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../domain/errors.ts";
import type { Qwen3Spec } from "../domain/model-spec.ts";
import type { CompileOptions, CompileReport, CompileRequest, GoldenComparison } from "../ports/model-compiler.ts";
import { forkEntry } from "./child-process.ts";
import type { FromCompiler, ToCompiler } from "./compile-protocol.ts";
import { defer } from "./deferred.ts";
import { processDeathError } from "./process-errors.ts";
import { fromWireError } from "./protocol.ts";

const PARTIAL = ".partial-";

/**
 * Compiles in a process of its own, aside, and renames the folder when everything in it is complete: what a killed process leaves is
 * never used, and goes with the next compilation. The caller sees to it that no two processes compile the same model at once.
 */
export async function compileInChild(request: CompileRequest, options: CompileOptions = {}): Promise<CompileReport> {
  const { compiledFolder } = request;
  const folder = `${compiledFolder}${PARTIAL}${process.pid}`;
  try {
    removePartials(compiledFolder);
    await mkdir(folder, { recursive: true });
    const { threads } = options;
    const answer = await askChild({ type: "compile", request, folder, ...(threads !== undefined && { threads }) }, options);
    if (answer.type !== "compiled") throw new Error(`the compiler answered ${answer.type}`);
    rmSync(compiledFolder, { recursive: true, force: true });
    renameSync(folder, compiledFolder);
    return answer.report;
  } catch (error) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // What stays goes with the next compilation: what failed first is what matters.
    }
    throw asUserError(error, compiledFolder);
  }
}

/** Runs the golden texts through a compiled model. Rejects with UserError when its answers are NaN or all alike. */
export async function verifyInChild(spec: Qwen3Spec, options: CompileOptions & Pick<Extract<ToCompiler, { type: "verify" }>, "device"> = {}): Promise<readonly GoldenComparison[]> {
  const { threads, device } = options;
  const answer = await askChild({ type: "verify", spec, ...(threads !== undefined && { threads }), ...(device !== undefined && { device }) }, options);
  if (answer.type !== "verified") throw new Error(`the compiler answered ${answer.type}`);
  return answer.comparisons;
}

type Answer = Extract<FromCompiler, { type: "compiled" | "verified" }>;

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
    onEnd: (how, lastLines) => result.reject(processDeathError(how, lastLines)),
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

/** What earlier compilations of this model have left: they were killed, for nobody else compiles it now. */
function removePartials(compiledFolder: string): void {
  const parent = dirname(compiledFolder);
  const prefix = basename(compiledFolder) + PARTIAL;
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch {
    // The first compilation of all makes the folder.
    return;
  }
  for (const name of names) if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true });
}

function asUserError(error: unknown, folder: string): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (error instanceof UserError || code === undefined || syscall === undefined) return error;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new UserError(isFull ? `the disk is full: the model cannot be compiled into ${folder}` : `the model cannot be compiled into ${folder}: ${message}`, {
    hint: isFull ? "free space, or set XDG_CACHE_HOME to a folder on a larger disk" : "check the folder's permissions, or set XDG_CACHE_HOME to another folder",
    cause: error,
  });
}
