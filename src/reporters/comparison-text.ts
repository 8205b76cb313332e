import type { VariantDifference } from "../domain/evaluation.ts";
import type { Comparison } from "../pipeline/evaluation.ts";
import { correctionNotes, factsOfVariants, notesOfVariants, queriesFact, RECALLED_NOTE, tauSentence, variantRows } from "./comparison-wording.ts";
import { differenceLines, dimLines, factLines, measureTable, noteLines, titleLines } from "./evaluation-text.ts";
import { METHOD_NOTE } from "./evaluation-wording.ts";
import { movedLines } from "./moved-lines.ts";
import type { Terminal } from "./terminal.ts";

/**
 * What `rerank eval --compare` prints: a row for each variant's final order, then each one against the first: how far apart they are, and
 * the queries that gained and lost most with the documents that explain it. Ends with a line break.
 */
export function comparisonText(comparison: Comparison, terminal: Terminal): string {
  const rows = variantRows(comparison);
  const { shared, own } = factsOfVariants(comparison);
  const notes = notesOfVariants(comparison);
  const hasRecalled = rows.some(({ recallNdcg10 }) => recallNdcg10 !== null);
  const lines = [
    ...titleLines(comparison.dataset, [queriesFact(comparison)], terminal),
    "",
    ...measureTable({ title: "variant", cells: rows.map(({ label }) => label) }, rows, terminal),
    "",
    ...comparison.differences.flatMap((difference) => [...variantLines(difference, terminal), ""]),
    ...own.flatMap(({ label, facts }) => dimLines(`${label}: ${facts.join(", ")}`, terminal)),
    ...factLines([["all", shared], ["method", [METHOD_NOTE, ...(hasRecalled ? [RECALLED_NOTE] : [])]]], terminal),
    ...noteLines([...correctionNotes(comparison), ...notes.shared, ...notes.own.flatMap(({ label, facts }) => facts.map((fact) => `${label}: ${fact}`))], terminal),
  ];
  return `${lines.join("\n")}\n`;
}

function variantLines(difference: VariantDifference, terminal: Terminal): string[] {
  return [
    ...differenceLines(difference, terminal),
    ...dimLines(tauSentence(difference.kendallTau), terminal),
    ...movedLines("gained most", difference.gains, terminal),
    ...movedLines("lost most", difference.losses, terminal),
  ];
}
