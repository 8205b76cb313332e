import { access } from "node:fs/promises";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { UserError } from "../../domain/errors.ts";
import type { EncoderSpec } from "../../domain/model-spec.ts";
import type { EngineOptions } from "../loaded-models.ts";
import { inferenceThreads } from "./processor-cores.ts";
import type { Encoding } from "./text-tokenizer.ts";

export interface EncoderOutput {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** A loaded graph that reads one text or pair a run. */
export interface EncoderSession {
  run(encoding: Encoding): Promise<EncoderOutput>;
}

/** What feeds each input that encoder graphs ask for. */
const FEEDS: Record<string, (encoding: Encoding) => readonly number[]> = {
  input_ids: ({ ids }) => ids,
  attention_mask: ({ ids }) => ids.map(() => 1),
  token_type_ids: ({ segments }) => segments,
  position_ids: ({ ids }) => ids.map((_, position) => position),
};

const WRONG_FILES_HINT = "check the model's files and its card, or choose another model with --models";

/** Loads a graph and checks that its inputs and the output of the spec are there. Throws UserError where they are not. */
export async function openEncoderSession(spec: EncoderSpec, { threads }: EngineOptions): Promise<EncoderSession> {
  const { ort, session } = await createSession(spec, threads ?? inferenceThreads());
  checkInterface(spec, session);
  return {
    async run(encoding) {
      const feeds: Record<string, Tensor> = {};
      for (const { name, ...input } of session.inputMetadata) {
        const values = FEEDS[name]?.(encoding) ?? [];
        const shape = [1, values.length];
        feeds[name] =
          input.isTensor && input.type === "int32"
            ? new ort.Tensor("int32", Int32Array.from(values), shape)
            : new ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape);
      }
      const output = (await session.run(feeds, [spec.output]))[spec.output];
      if (output === undefined) throw new Error(`${spec.id}: the run gave no ${spec.output}`);
      return { values: toFloat32(output, spec), shape: output.dims };
    },
  };
}

async function createSession(
  spec: EncoderSpec,
  threads: number,
): Promise<{ ort: typeof import("onnxruntime-node"); session: InferenceSession }> {
  let ort: typeof import("onnxruntime-node");
  try {
    ort = await import("onnxruntime-node");
  } catch (cause) {
    throw new UserError(`ONNX Runtime does not load on ${process.platform} ${process.arch}: ${firstLine(cause)}`, {
      hint: "run `npm rebuild onnxruntime-node`; supported are Linux, macOS and Windows on x64 and arm64",
      cause,
    });
  }
  try {
    await access(spec.graphPath);
  } catch (cause) {
    throw new UserError(`the model file ${spec.graphPath} cannot be read`, { hint: WRONG_FILES_HINT, cause });
  }
  try {
    ort.env.logLevel = "error";
    const session = await ort.InferenceSession.create(spec.graphPath, {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      // Patterns are remembered for every shape, and every text has its own.
      enableMemPattern: false,
      // The arena stays on. 1,000 texts of 6 to 512 tokens through mini: 154 s of processor time with it and 157 s without,
      // at most 216 MB and 239 MB resident.
      // Threads that wait for work in a loop take the processor from the parent, which reads, chunks and stores meanwhile: on two
      // busy cores the same texts took 1.2 to 1.7 times as long with it.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
      logSeverityLevel: 3,
    });
    return { ort, session };
  } catch (cause) {
    throw new UserError(`ONNX Runtime cannot load ${spec.graphPath}: ${firstLine(cause)}`, {
      hint: "download the model's files again: the graph or its weights beside it are missing, damaged, or of a newer format",
      cause,
    });
  }
}

function checkInterface(spec: EncoderSpec, session: InferenceSession): void {
  const strange = session.inputNames.filter((name) => !(name in FEEDS));
  if (strange.length > 0 || !session.inputNames.includes("input_ids")) {
    throw new UserError(
      `${spec.graphPath} is not a text encoder: its inputs are ${session.inputNames.join(", ")}`,
      { hint: WRONG_FILES_HINT },
    );
  }
  if (!session.outputNames.includes(spec.output)) {
    throw new UserError(
      `${spec.graphPath} has no output "${spec.output}", only ${session.outputNames.join(", ")}`,
      { hint: 'name the right one as "output" in the model\'s card' },
    );
  }
}

function toFloat32(output: Tensor, spec: EncoderSpec): Float32Array {
  const { data, type } = output;
  if (data instanceof Float32Array) return data;
  // Newer Nodes have a Float16Array, and ONNX Runtime then answers with it; older ones get the bits.
  if (type === "float16") return data instanceof Uint16Array ? Float32Array.from(data, fromHalf) : Float32Array.from(data as ArrayLike<number>);
  throw new UserError(`${spec.graphPath} answers ${type} in "${spec.output}", not numbers that can be compared`, {
    hint: WRONG_FILES_HINT,
  });
}

/** IEEE 754 binary16. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
