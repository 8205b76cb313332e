import type { Qwen3Precision } from "../../domain/model-spec.ts";
import { layerKinds, MATRIX_GROUPS, type MatrixGroup } from "./decoder-graph.ts";
import type { ChannelFactors, LayerPlan } from "./layer-weights.ts";
import type { LinearKind } from "./linear-nodes.ts";
import type { LayerChoices } from "./measure-layers.ts";
import { keepsBound, type RoundingQuality } from "./rounding-quality.ts";

export interface SettledPlans {
  readonly precision: Qwen3Precision;
  readonly plans: readonly LayerPlan[];
  /** `null` for fp32, which is not rounded. */
  readonly quality: RoundingQuality | null;
}

/** What is tried in turn: how many of the groups, the worst first, get more than one 8-bit product. */
const UPGRADES: readonly { readonly share: number; readonly kind: LinearKind }[] = [
  { share: 0, kind: "int8" },
  { share: 0.25, kind: "int8-twice" },
  { share: 1, kind: "int8-twice" },
  { share: 0.1, kind: "fp32" },
  { share: 0.3, kind: "fp32" },
];
/** Texts outside of the calibration fare up to twice as badly: half of the bound is aimed at, in 8 bits; what goes beyond is for the bound itself. */
const AIM = 0.5;
const TRIALS_FOR_AIM = 3;

export function uniformPlans(layers: number, kind: LinearKind): LayerPlan[] {
  const kinds = layerKinds(() => kind);
  return Array.from({ length: layers }, () => ({ kinds, factors: {} }));
}

/**
 * The 8-bit plans with the fewest additions that stay well within the bound on the calibration texts, else those that keep it at least;
 * else fp32.
 * @param measure runs the texts through a model of such plans.
 */
export async function settleInt8(choices: readonly LayerChoices[], measure: (plans: readonly LayerPlan[]) => Promise<RoundingQuality>): Promise<SettledPlans> {
  const worstFirst = choices
    .flatMap((groups, layer) => [...groups].map(([group, { error }]) => ({ layer, group, error })))
    .toSorted((left, right) => right.error - left.error);
  const kinds = choices.map(() => new Map<MatrixGroup, LinearKind>());
  let kept: SettledPlans | undefined;
  for (const [step, { share, kind }] of UPGRADES.entries()) {
    if (kept !== undefined && step >= TRIALS_FOR_AIM) break;
    for (const { layer, group } of worstFirst.slice(0, Math.ceil(share * worstFirst.length))) kinds[layer]?.set(group, kind);
    const plans = choices.map((groups, layer) => planOf(groups, (group) => kinds[layer]?.get(group) ?? "int8"));
    const quality = await measure(plans);
    const isWithinAim = keepsBound(quality, AIM);
    if (isWithinAim || (kept === undefined && keepsBound(quality))) kept = { precision: "int8", plans, quality };
    if (isWithinAim) break;
  }
  return kept ?? { precision: "fp32", plans: uniformPlans(choices.length, "fp32"), quality: null };
}

/** Every matrix in 4 bits. No bound is kept: what it costs is measured and said. */
export async function settleInt4(choices: readonly LayerChoices[], measure: (plans: readonly LayerPlan[]) => Promise<RoundingQuality>): Promise<SettledPlans> {
  const plans = choices.map((groups) => planOf(groups, () => "int4"));
  return { precision: "int4", plans, quality: await measure(plans) };
}

function planOf(groups: LayerChoices, kindOf: (group: MatrixGroup) => LinearKind): LayerPlan {
  const factors: ChannelFactors = Object.fromEntries(
    MATRIX_GROUPS.flatMap((group) => {
      const chosen = groups.get(group)?.factors;
      return chosen === undefined || kindOf(group) === "fp32" ? [] : [[group, chosen]];
    }),
  );
  return { kinds: layerKinds(kindOf), factors };
}
