import type { PairedDifference } from "../domain/evaluation.ts";
import type { Evaluation } from "../pipeline/evaluation.ts";
import { measureColumns, type MeasureRow } from "./evaluation-columns.ts";
import { differenceSentence, METHOD_NOTE, modelFacts, notesOf, settingFacts, sizeFacts } from "./evaluation-wording.ts";
import { escapedMarkdown } from "./markdown.ts";
import { printableLine } from "./printable.ts";

/** As many as trec_eval prints. */
const DIGITS = 4;

/** A heading, a table with a row for each stage, the paired differences, and how the numbers came about. Ends with a line break. */
export function evaluationMarkdown(evaluation: Evaluation): string {
  const { dataset, stages, paired } = evaluation;
  const blocks = [
    `## ${inMarkdown(dataset)}`,
    measureTable({ title: "stage", cells: stages.map(({ name }) => name) }, stages.map((stage) => ({ stage }))),
    paired.map((difference) => `- ${differenceMarkdown(difference)}`).join("\n"),
    factParagraph([...sizeFacts(evaluation), ...modelFacts(evaluation), ...settingFacts(evaluation)]),
    noteList(notesOf(evaluation)),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** What is best stands in bold. */
export function measureTable(labels: { readonly title: string; readonly cells: readonly string[] }, rows: readonly MeasureRow[]): string {
  const columns = measureColumns(rows, DIGITS);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line([labels.title, ...columns.map(({ title }) => title)]),
    line(["---", ...columns.map(({ isText }) => (isText ? "---" : "--:"))]),
    ...labels.cells.map((label, row) =>
      line([
        inMarkdown(label),
        ...columns.map(({ cells, best }) => {
          const cell = cells[row] ?? "–";
          return best.has(row) ? `**${cell}**` : cell;
        }),
      ]),
    ),
  ].join("\n");
}

export function differenceMarkdown(difference: PairedDifference): string {
  const { numbers, conclusion, verdict } = differenceSentence(difference, inMarkdown);
  return numbers + (verdict === "open" ? conclusion : `**${conclusion}**`);
}

/** Facts after each other, and how intervals and tests were made. */
export function factParagraph(facts: readonly string[]): string {
  return [...facts, METHOD_NOTE].map(inMarkdown).join("; ");
}

export function noteList(notes: readonly string[]): string {
  return notes.map((note) => `- note: ${inMarkdown(note)}`).join("\n");
}

/** One line of anyone's text that cannot become markup. */
export function inMarkdown(text: string): string {
  return escapedMarkdown(printableLine(text));
}
