import type { MovedDocument, MovedQuery, VariantDifference } from "../domain/evaluation.ts";
import type { Comparison } from "../pipeline/evaluation.ts";
import { correctionNotes, factsOfVariants, MOST_MOVED_QUERIES, notesOfVariants, queriesFact, RECALLED_NOTE, tauSentence, variantRows } from "./comparison-wording.ts";
import { differenceMarkdown, factParagraph, inMarkdown, measureTable, noteList } from "./evaluation-markdown.ts";
import { formatPoints } from "./evaluation-wording.ts";
import { shortenEnd } from "./fit-text.ts";

const MEASURE_DIGITS = 4;
const EXCERPT_COLUMNS = 160;

/** A heading, a table with a row for each variant's final order, then a section for each one against the first. Ends with a line break. */
export function comparisonMarkdown(comparison: Comparison): string {
  const rows = variantRows(comparison);
  const { shared, own } = factsOfVariants(comparison);
  const notes = notesOfVariants(comparison);
  const hasRecalled = rows.some(({ recallNdcg10 }) => recallNdcg10 !== null);
  const blocks = [
    `## ${inMarkdown(comparison.dataset)}`,
    measureTable({ title: "variant", cells: rows.map(({ label }) => label) }, rows),
    factParagraph([queriesFact(comparison), ...shared, ...(hasRecalled ? [RECALLED_NOTE] : [])]),
    own.map(({ label, facts }) => `- ${inMarkdown(`${label}: ${facts.join("; ")}`)}`).join("\n"),
    noteList([...correctionNotes(comparison), ...notes.shared, ...notes.own.flatMap(({ label, facts }) => facts.map((fact) => `${label}: ${fact}`))]),
    ...comparison.differences.flatMap(differenceBlocks),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function differenceBlocks(difference: VariantDifference): string[] {
  const { from, to, kendallTau, gains, losses } = difference;
  return [
    `### ${inMarkdown(`${to} against ${from}`)}`,
    `${differenceMarkdown(difference)}.\n${inMarkdown(tauSentence(kendallTau))}.`,
    ...movedBlocks("Gained most:", gains),
    ...movedBlocks("Lost most:", losses),
  ];
}

function movedBlocks(title: string, queries: readonly MovedQuery[]): string[] {
  if (queries.length === 0) return [];
  return [title, queries.slice(0, MOST_MOVED_QUERIES).map(queryItem).join("\n")];
}

function queryItem({ queryId, text, fromNdcg10, toNdcg10, documents }: MovedQuery): string {
  const measures = `${formatPoints(toNdcg10 - fromNdcg10)} points, ${fromNdcg10.toFixed(MEASURE_DIGITS)} → ${toNdcg10.toFixed(MEASURE_DIGITS)}`;
  return [`- **${oneLine(text)}** (${oneLine(queryId)}): ${measures}`, ...documents.map((document) => `  - ${documentLine(document)}`)].join("\n");
}

function documentLine({ documentId, grade, fromRank, toRank, excerpt }: MovedDocument): string {
  const shown = oneLine(shortenEnd(excerpt.replaceAll(/\s+/gu, " ").trim(), EXCERPT_COLUMNS, "…"));
  return `${oneLine(documentId)}, grade ${grade}, rank ${fromRank ?? "–"} → ${toRank ?? "–"}${shown === "" ? "" : `: ${shown}`}`;
}

function oneLine(text: string): string {
  return inMarkdown(text.replaceAll(/\s+/gu, " ").trim());
}
