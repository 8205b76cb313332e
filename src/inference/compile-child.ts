/** Entry point of the process that compiles, verifies or tries out one model: it works for minutes on one thread, and can be killed at any time. */
import { compileCheckpoint } from "../engine/qwen3/compile-checkpoint.ts";
import { probePrecision } from "../engine/qwen3/probe-precision.ts";
import { verifyModel } from "../engine/qwen3/verify-model.ts";
import type { FromCompiler, ToCompiler } from "./compile-protocol.ts";
import { toWireError } from "./protocol.ts";

// The parent decides what they mean, and ends this process.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});
// The parent is gone, perhaps killed: nobody waits for the model.
process.on("disconnect", () => process.exit(0));

const send = (message: FromCompiler): void => void process.send?.(message, undefined, undefined, () => {});

async function work(task: ToCompiler): Promise<FromCompiler> {
  if (task.type === "probe") return { type: "probed", modelMs: await probePrecision(task.request, task.folder) };
  const { threads } = task;
  const shared = threads === undefined ? {} : { threads };
  if (task.type === "verify") {
    const device = task.device === undefined ? {} : { device: task.device };
    return { type: "verified", comparisons: await verifyModel(task.spec, { ...shared, ...device }) };
  }
  const report = await compileCheckpoint(task.request, task.folder, {
    ...shared,
    onProgress: (progress) => send({ type: "progress", progress }),
    onNotice: (line) => send({ type: "notice", line }),
  });
  return { type: "compiled", report };
}

process.on("message", (task: ToCompiler) => {
  work(task).then(send, (error: unknown) => send({ type: "failed", error: toWireError(error) }));
});
