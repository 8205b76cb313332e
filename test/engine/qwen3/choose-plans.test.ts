import { expect, test } from "vitest";
import { settleInt4, settleInt8, uniformPlans } from "../../../src/engine/qwen3/choose-plans.ts";
import { MATRIX_GROUPS, type MatrixGroup } from "../../../src/engine/qwen3/decoder-graph.ts";
import type { LayerPlan } from "../../../src/engine/qwen3/layer-weights.ts";
import type { LayerChoices } from "../../../src/engine/qwen3/measure-layers.ts";
import type { RoundingQuality } from "../../../src/engine/qwen3/rounding-quality.ts";

const LAYERS = 5;
const GOOD: RoundingQuality = { minCosine: 0.9996, maxRelevanceDifference: null, kendallTau: null };
/** Keeps the bound, and no more than that. */
const FAIR: RoundingQuality = { ...GOOD, minCosine: 0.9991 };
const BAD: RoundingQuality = { ...GOOD, minCosine: 0.99 };
const factors = Float32Array.of(1, 2, 4);

/** "mlp-out" is the worst group everywhere, and worse the later its layer; "mlp-in" has no factors. */
const choices: LayerChoices[] = Array.from({ length: LAYERS }, (_, layer) => {
  const choice = (group: MatrixGroup, place: number) => ({ factors: group === "mlp-in" ? undefined : factors, alpha: 0.5, error: (group === "mlp-out" ? 1 : 0.01 * place) + 0.001 * layer });
  return new Map(MATRIX_GROUPS.map((group, place) => [group, choice(group, place)] as const));
});

/** Gives the answers in turn, the last one over and over, and keeps what was measured. */
function fakeMeasure(...answers: readonly RoundingQuality[]) {
  const measured: (readonly LayerPlan[])[] = [];
  const measure = async (plans: readonly LayerPlan[]): Promise<RoundingQuality> => {
    measured.push(plans);
    return answers[Math.min(measured.length, answers.length) - 1] ?? BAD;
  };
  return { measure, measured };
}

/** "0 mlp-out", ... of all groups of a kind. */
function groupsOf(plans: readonly LayerPlan[], kind: string): string[] {
  return plans.flatMap(({ kinds }, layer) => MATRIX_GROUPS.filter((group) => kinds[group] === kind).map((group) => `${layer} ${group}`));
}

test("one 8-bit product for every matrix is enough where that stays well within the bound", async () => {
  const { measure, measured } = fakeMeasure(GOOD);
  const { precision, plans, quality } = await settleInt8(choices, measure);
  expect({ precision, quality, runs: measured.length }).toEqual({ precision: "int8", quality: GOOD, runs: 1 });
  expect(groupsOf(plans, "int8")).toHaveLength(4 * LAYERS);
  expect(plans).toBe(measured[0]);
});

test("channels are moved by the factors that were chosen, where there are any", async () => {
  const { plans } = await settleInt8(choices, fakeMeasure(GOOD).measure);
  for (const plan of plans) expect(plan.factors).toEqual({ "attention-in": factors, "attention-out": factors, "mlp-out": factors });
});

test("the groups with the largest errors are the first to get a second product", async () => {
  const { measure, measured } = fakeMeasure(BAD, GOOD);
  const { precision, plans } = await settleInt8(choices, measure);
  expect([precision, measured.length]).toEqual(["int8", 2]);
  expect(groupsOf(plans, "int8-twice")).toEqual(["0 mlp-out", "1 mlp-out", "2 mlp-out", "3 mlp-out", "4 mlp-out"]);
  expect(groupsOf(plans, "int8")).toHaveLength(3 * LAYERS);
});

test("a bound that is just kept is improved on while that is cheap: the first that is well within it is taken", async () => {
  const { measure, measured } = fakeMeasure(FAIR, BAD, GOOD);
  const { plans, quality } = await settleInt8(choices, measure);
  expect({ quality, runs: measured.length }).toEqual({ quality: GOOD, runs: 3 });
  expect(plans).toBe(measured[2]);
});

test("where nothing cheap improves on it, the plans with the fewest additions that keep it are taken", async () => {
  const { measure, measured } = fakeMeasure(BAD, FAIR, FAIR);
  const { precision, plans, quality } = await settleInt8(choices, measure);
  expect({ precision, quality, runs: measured.length }).toEqual({ precision: "int8", quality: FAIR, runs: 3 });
  expect(plans).toBe(measured[1]);
});

test("every step adds to the one before, and the worst groups come first", async () => {
  const { measure, measured } = fakeMeasure(BAD);
  await settleInt8(choices, measure);
  const order = ["int8", "int8-twice", "fp32"];
  const grades = measured.map((plans) => plans.flatMap(({ kinds }) => MATRIX_GROUPS.map((group) => order.indexOf(kinds[group]))));
  for (const [step, grade] of grades.entries()) {
    const before = grades[step - 1] ?? grade.map(() => 0);
    expect(grade.every((kind, place) => kind >= (before[place] ?? 0))).toBe(true);
    expect(step === 0 || grade.some((kind, place) => kind > (before[place] ?? 0))).toBe(true);
    const [best = 0, ...others] = [...grade].filter((_, place) => place % 4 === 3).toReversed();
    expect(Math.max(...grade)).toBe(best);
    expect(others.every((kind) => kind <= best)).toBe(true);
  }
  expect(grades.some((grade) => grade.every((kind) => kind === 1))).toBe(true);
});

test("groups that stay exact have their channels where they are", async () => {
  const { measure, measured } = fakeMeasure(BAD);
  await settleInt8(choices, measure);
  const last = measured.at(-1) ?? [];
  const exact = groupsOf(last, "fp32");
  expect(exact).toContain("4 mlp-out");
  for (const [layer, plan] of last.entries()) {
    expect("mlp-out" in plan.factors).toBe(!exact.includes(`${layer} mlp-out`));
  }
});

test("where no step keeps the bound, the model stays as it is, in fp32", async () => {
  const { precision, plans, quality } = await settleInt8(choices, fakeMeasure(BAD).measure);
  expect({ precision, quality }).toEqual({ precision: "fp32", quality: null });
  expect(plans).toEqual(uniformPlans(LAYERS, "fp32"));
});

test("NaN keeps no bound", async () => {
  expect((await settleInt8(choices, fakeMeasure({ ...GOOD, minCosine: Number.NaN }).measure)).precision).toBe("fp32");
});

test("a failure while measuring is not swallowed", async () => {
  await expect(settleInt8(choices, () => Promise.reject(new Error("aborted")))).rejects.toThrow("aborted");
});

test("4 bits are taken as they are, and their cost is told", async () => {
  const { measure, measured } = fakeMeasure(BAD);
  const { precision, plans, quality } = await settleInt4(choices, measure);
  expect({ precision, quality, runs: measured.length }).toEqual({ precision: "int4", quality: BAD, runs: 1 });
  expect(groupsOf(plans, "int4")).toHaveLength(4 * LAYERS);
});
