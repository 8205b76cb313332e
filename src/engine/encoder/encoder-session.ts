import type { InferenceSession, Tensor } from "onnxruntime-node";
import { UserError } from "../../domain/errors.ts";
import type { EncoderSpec } from "../../domain/model-spec.ts";
import type { EngineOptions } from "../loaded-models.ts";
import { createOnnxSession } from "../onnx-session.ts";
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
export async function openEncoderSession(spec: EncoderSpec, { threads, device }: EngineOptions): Promise<EncoderSession> {
  const { ort, session } = await createOnnxSession({ graphPath: spec.graphPath, threads, device });
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
