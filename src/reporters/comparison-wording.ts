import type { StageSummary } from "../domain/evaluation.ts";
import type { Comparison, Evaluation } from "../pipeline/evaluation.ts";
import { modelFacts, notesOf, settingFacts, sizeFacts } from "./evaluation-wording.ts";
import { counted } from "./format-numbers.ts";

/** Screens and pages show so many queries in each direction; JSON has all. */
export const MOST_MOVED_QUERIES = 3;

/** A variant's final order, beside its first stage alone. */
export interface VariantRow {
  readonly label: string;
  readonly stage: StageSummary;
  readonly recallNdcg10: number | null;
}

/** Variants without a stage are left out: nothing was measured. */
export function variantRows({ variants }: Comparison): VariantRow[] {
  return variants.flatMap(({ label, stages }) => {
    const stage = stages.at(-1);
    return stage === undefined ? [] : [{ label, stage, recallNdcg10: stages.length > 1 ? (stages[0]?.ndcg10 ?? null) : null }];
  });
}

/** What all variants share, and what each one has of its own. */
export interface SharedFacts {
  readonly shared: readonly string[];
  readonly own: readonly { readonly label: string; readonly facts: readonly string[] }[];
}

export function factsOfVariants({ variants }: Comparison): SharedFacts {
  return sharedAmong(variants, (variant) => [...sizeFacts(variant).slice(1), ...modelFacts(variant), ...settingFacts(variant)]);
}

export function notesOfVariants({ variants }: Comparison): SharedFacts {
  return sharedAmong(variants, notesOf);
}

function sharedAmong(variants: readonly Evaluation[], factsOf: (variant: Evaluation) => string[]): SharedFacts {
  const all = variants.map((variant) => ({ label: variant.label, facts: factsOf(variant) }));
  const shared = (all[0]?.facts ?? []).filter((fact) => all.every(({ facts }) => facts.includes(fact)));
  const own = all.map(({ label, facts }) => ({ label, facts: facts.filter((fact) => !shared.includes(fact)) }));
  return { shared, own: own.filter(({ facts }) => facts.length > 0) };
}

export function queriesFact({ variants }: Comparison): string {
  return counted(variants[0]?.queries.length ?? 0, "query", "queries");
}

export function tauSentence(kendallTau: number): string {
  return `Kendall tau ${kendallTau.toFixed(2)} over what either order has among its first ten`;
}

/** A reader who looks at several tests has to know. */
export function correctionNotes({ differences }: Comparison): string[] {
  return differences.length < 2 ? [] : [`p is not corrected for the number of comparisons, ${differences.length}`];
}

/** What the columns of final orders need said. */
export const RECALLED_NOTE = "recalled: nDCG@10 of the first stage alone";
