import { formatBytes } from "../domain/format-bytes.ts";
import type { Qwen3Precision } from "../domain/model-spec.ts";
import type { PrecisionProbe, ProbedWay } from "../ports/precision-probe.ts";
import type { PrecisionFigures, Recommendation, Spread } from "./benchmark-report.ts";
import { spreadOf } from "./benchmark-timing.ts";

/** A way that the model itself was measured in. */
export interface MeasuredWay extends ProbedWay {
  readonly tokensPerSecond: Spread;
}

export interface PrecisionBenchmark {
  readonly probe: PrecisionProbe;
  readonly ways: readonly ProbedWay[];
  readonly timeBoxMs: number;
  readonly candidateCount: number;
  readonly availableBytes: number;
  /** Takes the place of an estimate. */
  readonly measured: MeasuredWay | undefined;
  readonly onWay: (way: ProbedWay) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Tries each way in turn. What fails is a line of the outcome. Rejects only with `signal.reason`. */
export async function measurePrecisions({ probe, ways, timeBoxMs, candidateCount, availableBytes, measured, onWay, signal }: PrecisionBenchmark): Promise<PrecisionFigures[]> {
  const searchMs = ({ median }: Spread): number => ((candidateCount * probe.tokens) / median) * 1000;
  const figures: PrecisionFigures[] = [];
  for (const way of ways) {
    const { precision, device } = way;
    const memoryBytes = probe.memoryBytes(precision);
    const known = { precision, device, memoryBytes, fits: memoryBytes <= availableBytes, failure: null };
    onWay(way);
    if (measured?.precision === precision && measured.device === device) {
      const { tokensPerSecond } = measured;
      figures.push({ ...known, source: "measured", tokensPerSecond, searchMs: searchMs(tokensPerSecond) });
      continue;
    }
    try {
      const times = await probe.time(way, { timeBoxMs, signal });
      const tokensPerSecond = spreadOf(times.map((ms) => (probe.tokens / ms) * 1000));
      figures.push({ ...known, source: "estimated", tokensPerSecond, searchMs: searchMs(tokensPerSecond) });
    } catch (error) {
      signal?.throwIfAborted();
      figures.push({ ...known, source: "estimated", tokensPerSecond: null, searchMs: null, failure: (error as Error).message });
    }
  }
  return figures;
}

/**
 * How much faster than int8 another precision has to be for its price: fp32 takes two and a half times the memory for answers that a
 * compilation to int8 keeps within a bound; int4 keeps none.
 */
const HANDICAP: Readonly<Record<Qwen3Precision, number>> = { int8: 1, fp32: 1.1, int4: 1.25 };
/** Rates closer than this are told as the same. */
const SAME_RATE = 0.1;
const BUNDLED = "mini";

type Known = PrecisionFigures & { readonly tokensPerSecond: Spread };

/** The fastest way that fits into the free memory, with the handicaps above; the first one of equals. */
export function recommend(figures: readonly PrecisionFigures[], models: string, availableBytes: number): Recommendation {
  const known = figures.filter((way): way is Known => way.tokensPerSecond !== null);
  const fitting = known.filter(({ fits }) => fits);
  const worth = ({ tokensPerSecond, precision }: Known): number => tokensPerSecond.median / HANDICAP[precision];
  const [best] = fitting.toSorted((a, b) => worth(b) - worth(a));
  if (best === undefined) return { models: BUNDLED, precision: null, device: null, reason: whyNone(known, models, availableBytes) };
  const head = `${wayOf(best)} (${best.source === "estimated" ? "about " : ""}${Math.round(best.tokensPerSecond.median)} tokens/s, ${formatBytes(best.memoryBytes)})`;
  const others = known.filter((way) => way !== best).map((way) => comparison(way, best, known));
  return { models, precision: best.precision, device: best.device, reason: [head, ...others.filter((text) => text !== "")].join("; ") };
}

function whyNone(known: readonly Known[], models: string, availableBytes: number): string {
  if (known.length === 0) return `${models} could not be tried on this machine: the bundled models remain`;
  const least = Math.min(...known.map(({ memoryBytes }) => memoryBytes));
  return `${models} takes at least ${formatBytes(least)}, and ${formatBytes(availableBytes)} are free: the bundled models remain`;
}

/** What is to be said of a way that was not taken; "" for one that is only slower. */
function comparison(way: Known, best: Known, all: readonly Known[]): string {
  const ratio = way.tokensPerSecond.median / best.tokensPerSecond.median;
  if (ratio < 1 - SAME_RATE) return "";
  // On one device alone, a device needs no name.
  const name = all.every(({ device }) => device === best.device) ? way.precision : wayOf(way);
  const rate = ratio > 1 + SAME_RATE ? `${name} is ${Math.round((ratio - 1) * 100)} % faster` : `${name} is as fast`;
  if (!way.fits) return `${rate} but takes ${formatBytes(way.memoryBytes)}, more than is free`;
  if (way.precision === "int4" && best.precision !== "int4") return `${rate} but changes answers more`;
  if (way.memoryBytes > best.memoryBytes) return `${rate} but takes ${formatBytes(way.memoryBytes)}`;
  return rate;
}

function wayOf({ precision, device }: ProbedWay): string {
  return `${precision} on ${device}`;
}
