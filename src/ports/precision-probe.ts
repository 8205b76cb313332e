import type { Device, Qwen3Precision } from "../domain/model-spec.ts";

/** One way in which the own engine could run a model on this machine. */
export interface ProbedWay {
  readonly precision: Qwen3Precision;
  readonly device: Exclude<Device, "auto">;
}

export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Runs are repeated until so much time has passed; one run at least is timed, after one that is not. */
  readonly timeBoxMs: number;
}

/** Times a decoder before there are weights for it: speed does not depend on their values. */
export interface PrecisionProbe {
  /** Name of the model whose shape is timed, as `--models` takes it. */
  readonly models: string;
  /** Tokens that one run reads. */
  readonly tokens: number;

  /** Bytes of both models' weights in memory, and of the process around them. */
  memoryBytes(precision: Qwen3Precision): number;

  /**
   * Milliseconds that the whole model takes for `tokens` tokens: a run of some layers, scaled up to all of them; one number for each run.
   * Rejects with `signal.reason` when aborted, with an error of any kind where this way does not work on this machine.
   */
  time(way: ProbedWay, options: ProbeOptions): Promise<readonly number[]>;
}
