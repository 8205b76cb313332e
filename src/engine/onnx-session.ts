import { access } from "node:fs/promises";
import type { InferenceSession } from "onnxruntime-node";
import { UserError } from "../domain/errors.ts";
import type { EngineOptions } from "./loaded-models.ts";
import { inferenceThreads } from "./processor-cores.ts";

type OnnxRuntime = typeof import("onnxruntime-node");

export interface OnnxSessionRequest {
  /** Absolute path of the graph; weights in files of their own lie beside it. */
  readonly graphPath: string;
  readonly threads?: number | undefined;
  /** By default "cpu". What a graphics processor has no kernel for runs on the CPU. */
  readonly device?: EngineOptions["device"];
}

export interface OnnxSession {
  readonly ort: OnnxRuntime;
  readonly session: InferenceSession;
}

/** Throws UserError where the native library does not load: an unsupported machine, or an installation cut short. */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  try {
    return await import("onnxruntime-node");
  } catch (cause) {
    throw new UserError(`ONNX Runtime does not load on ${process.platform} ${process.arch}: ${firstLine(cause)}`, {
      hint: "run `npm rebuild onnxruntime-node`; supported are Linux, macOS and Windows on x64 and arm64",
      cause,
    });
  }
}

/**
 * Loads a graph of any family; it blocks this thread while it does. Throws UserError when the file cannot be read or loaded,
 * memory is short, or the device fails.
 */
export async function createOnnxSession({ graphPath, threads, device = "cpu" }: OnnxSessionRequest): Promise<OnnxSession> {
  const ort = await loadOnnxRuntime();
  try {
    await access(graphPath);
  } catch (cause) {
    throw new UserError(`the model file ${graphPath} cannot be read`, {
      hint: "check the model's files and its card, or choose another model with --models",
      cause,
    });
  }
  try {
    ort.env.logLevel = "error";
    return { ort, session: await ort.InferenceSession.create(graphPath, sessionOptions({ threads, device })) };
  } catch (cause) {
    throw new UserError(`ONNX Runtime cannot load ${graphPath}${device === "cpu" ? "" : ` on ${device}`}: ${firstLine(cause)}`, {
      hint: remedyFor(firstLine(cause), device),
      cause,
    });
  }
}

/** What every graph is run with. */
export function sessionOptions({ threads, device = "cpu" }: Omit<OnnxSessionRequest, "graphPath">): InferenceSession.SessionOptions {
  return {
    executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
    intraOpNumThreads: threads ?? inferenceThreads(),
    // Patterns are remembered for every shape, and every text has its own.
    enableMemPattern: false,
    // The arena stays on. 1,000 texts of 6 to 512 tokens through mini: 154 s of processor time with it and 157 s without,
    // at most 216 MB and 239 MB resident.
    extra: {
      // Threads that wait for work in a loop take the processor from the parent, which reads, chunks and stores meanwhile: on two
      // busy cores the same texts took 1.2 to 1.7 times as long with it.
      session: { intra_op: { allow_spinning: "0" } },
      // For WebGPU, ONNX Runtime 1.30 moves the norms of queries and keys into the attention and hands it two dimensions where it
      // asks for three: Qwen3's graphs do not load (microsoft/onnxruntime#28484). Runs of several tokens gain nothing by it.
      ...(device === "webgpu" && { optimization: { disable_specified_optimizers: "GroupQueryAttentionPreNormFusion" } }),
    },
    logSeverityLevel: 3,
  };
}

function remedyFor(reason: string, device: string): string {
  if (/bad.?alloc|allocate|out of memory/i.test(reason)) {
    return "memory is short: close other programs, or choose a smaller model (--models) or a lower --precision";
  }
  if (/no supported adapters/i.test(reason)) return "install the driver of the graphics processor (on Linux its Vulkan driver and libvulkan1), or take --device cpu";
  if (device !== "cpu") return "run `rerank doctor` to see the devices, or take --device cpu";
  return "download the model's files again: the graph or its weights beside it are missing, damaged, or of a newer format";
}

function firstLine(error: unknown): string {
  const line = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  // "/onnxruntime_src/....cc:136 function(types) condition was false. What happened": the place in C++ helps no user.
  return line.replace(/^\/\S*onnxruntime\S*:\d+ .* was false\. /, "");
}
