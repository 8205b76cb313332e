import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { ModelRole } from "../../domain/model-spec.ts";
import type { EngineOptions } from "../loaded-models.ts";
import { createOnnxSession } from "../onnx-session.ts";
import { attendsToManyTokens } from "./attention-probe.ts";
import { INPUT_IDS, LAST_POSITION, OUTPUT_NAMES, pastName, presentName, TOTAL_LENGTH } from "./decoder-graph.ts";

/** Keys and values of the first `length` tokens of a text, on which later tokens can build as often as they like. */
export interface KeyValueCache {
  readonly length: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** A compiled decoder that reads one text a run. */
export interface DecoderSession {
  readonly empty: KeyValueCache;
  /** The keys and values of `past` and `ids` together. */
  extend(ids: Int32Array, past: KeyValueCache): Promise<KeyValueCache>;
  /** The output at the last of `ids`, which follow on `past`. At least one id. */
  run(ids: Int32Array, past: KeyValueCache): Promise<Float32Array>;
}

export interface DecoderSessionRequest extends Pick<EngineOptions, "threads" | "device"> {
  readonly graphPath: string;
  readonly role: ModelRole;
}

/**
 * Pairs of a new token and one that it looks at, in one run: attention keeps a number for each pair and head, 268 MB with 16 heads. Up to
 * 2,048 tokens are one run, and no keys and values leave ONNX Runtime; a text of 8,192 takes eight. The bounds depend on the text alone.
 */
const RUN_PAIRS = 2048 * 2048;
/** WebGPU has other kernels for attention over fewer than 32 tokens, which are right where those for more may not be. */
const SHORT_RUN_TOKENS = 31;

export async function openDecoderSession({ graphPath, role, threads, device }: DecoderSessionRequest): Promise<DecoderSession> {
  const { ort, session } = await createOnnxSession({ graphPath, threads, device });
  const outputName = OUTPUT_NAMES[role];
  const { past: pastNames, present: presentNames } = cacheNames(session);
  const empty = emptyTensors(ort, session, pastNames);
  const [, , , headSize = 0] = Object.values(empty)[0]?.dims ?? [];
  const maxRun = device !== "webgpu" || (await attendsToManyTokens(device, headSize)) ? Number.POSITIVE_INFINITY : SHORT_RUN_TOKENS;

  const feedsOf = (ids: Int32Array, past: KeyValueCache): Record<string, Tensor> => {
    const total = past.length + ids.length;
    return {
      ...past.tensors,
      [INPUT_IDS]: new ort.Tensor("int32", ids, [ids.length]),
      [LAST_POSITION]: new ort.Tensor("int32", Int32Array.of(total - 1), [1]),
      [TOTAL_LENGTH]: new ort.Tensor("int32", Int32Array.of(total), []),
    };
  };
  const step = async (ids: Int32Array, past: KeyValueCache): Promise<KeyValueCache> => {
    const outputs = await session.run(feedsOf(ids, past), presentNames);
    const tensors = Object.fromEntries(presentNames.map((name, place) => [pastNames[place] ?? "", outputs[name] as Tensor]));
    return { length: past.length + ids.length, tensors };
  };
  const extend = async (ids: Int32Array, past: KeyValueCache): Promise<KeyValueCache> => {
    let cache = past;
    for (const [start, end] of runBounds(ids.length, past.length, maxRun)) cache = await step(ids.slice(start, end), cache);
    return cache;
  };
  return {
    empty: { length: 0, tensors: empty },
    extend,
    async run(ids, past) {
      const [lastStart = 0] = runBounds(ids.length, past.length, maxRun).at(-1) ?? [];
      const cache = await extend(ids.slice(0, lastStart), past);
      const outputs = await session.run(feedsOf(ids.slice(lastStart), cache), [outputName]);
      const output = outputs[outputName];
      if (output === undefined) throw new Error(`the run gave no ${outputName}`);
      return output.data as Float32Array;
    },
  };
}

/** Where the runs over `count` tokens that follow on `past` begin and end. */
function runBounds(count: number, past: number, maxRun: number): (readonly [start: number, end: number])[] {
  const bounds: [number, number][] = [];
  for (let start = 0; start < count; ) {
    const before = past + start;
    // As many as keep tokens * (before + tokens) within RUN_PAIRS.
    const tokens = Math.max(1, Math.min(maxRun, Math.floor((Math.sqrt(before * before + 4 * RUN_PAIRS) - before) / 2)));
    bounds.push([start, Math.min(start + tokens, count)]);
    start += tokens;
  }
  return bounds;
}

/** Names of the graph's keys and values, those that go in and those that come out in the same order. */
function cacheNames({ inputNames }: InferenceSession): { readonly past: readonly string[]; readonly present: readonly string[] } {
  const layers = inputNames.filter((name) => /^past\.\d+\.key$/.test(name)).length;
  const both = Array.from({ length: layers }, (_, layer) => [[layer, "key"] as const, [layer, "value"] as const]).flat();
  return { past: both.map(([layer, part]) => pastName(layer, part)), present: both.map(([layer, part]) => presentName(layer, part)) };
}

function emptyTensors(ort: typeof import("onnxruntime-node"), session: InferenceSession, names: readonly string[]): Record<string, Tensor> {
  const [first] = names;
  const metadata = session.inputMetadata.find(({ name }) => name === first);
  const shape = metadata?.isTensor ? metadata.shape : [];
  const [heads, headSize] = [Number(shape[1]), Number(shape[3])];
  return Object.fromEntries(names.map((name) => [name, new ort.Tensor("float32", new Float32Array(0), [1, heads, 0, headSize])]));
}
