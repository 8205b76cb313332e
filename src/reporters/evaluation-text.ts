import type { PairedDifference } from "../domain/evaluation.ts";
import type { Evaluation } from "../pipeline/evaluation.ts";
import { alignedRows } from "./aligned-rows.ts";
import { measureColumns, type MeasureRow } from "./evaluation-columns.ts";
import { differenceSentence, MEASURE_TITLES, METHOD_NOTE, modelFacts, notesOf, settingFacts, sizeFacts, type Verdict } from "./evaluation-wording.ts";
import { markedLine, wrapLines, type TextRange } from "./fit-text.ts";
import { intervalChart } from "./interval-chart.ts";
import { printableLine } from "./printable.ts";
import { createStyle, type Style } from "./style.ts";
import { tableBlocks } from "./table-blocks.ts";
import type { Terminal } from "./terminal.ts";

/** Of measures. Screens show what intervals leave significant; Markdown and JSON have more. */
const DIGITS = 3;
const HANGING_INDENT = "  ";

/** What `rerank eval` prints: a row for each stage, a line for each paired difference, and how the numbers came about. Ends with a line break. */
export function evaluationText(evaluation: Evaluation, terminal: Terminal): string {
  const { dataset, stages, paired } = evaluation;
  const lines = [
    ...titleLines(dataset, sizeFacts(evaluation), terminal),
    "",
    ...measureTable({ title: "stage", cells: stages.map(({ name }) => name) }, stages.map((stage) => ({ stage })), terminal),
    "",
    ...paired.flatMap((difference) => differenceLines(difference, terminal)),
    ...(paired.length === 0 ? [] : [""]),
    ...factLines(
      [
        ["models", modelFacts(evaluation)],
        ["settings", settingFacts(evaluation)],
        ["method", [METHOD_NOTE]],
      ],
      terminal,
    ),
    ...noteLines(notesOf(evaluation), terminal),
  ];
  return `${lines.join("\n")}\n`;
}

/** The dataset's name, bold, and what there is to say of it. */
export function titleLines(dataset: string, facts: readonly string[], terminal: Terminal): string[] {
  const { chalk, glyphs } = createStyle(terminal);
  const name = printableLine(dataset);
  const title = [name, ...facts].join(` ${glyphs.dot} `);
  return wrapLines(title, terminal.columns).map((line) => markedLine(title, line, [{ start: 0, end: name.length }], chalk.bold));
}

/** Rows of measures with what is best in bold, and the intervals drawn where there is room. */
export function measureTable(labels: { readonly title: string; readonly cells: readonly string[] }, rows: readonly MeasureRow[], terminal: Terminal): string[] {
  const { chalk, glyphs } = createStyle(terminal);
  const columns = measureColumns(rows, DIGITS).map(({ cells, best, ...column }) => ({
    ...column,
    cells: cells.map((cell, row) => (cell === null ? glyphs.none : best.has(row) ? chalk.bold(cell) : cell)),
  }));
  const intervals = rows.map(({ stage }) => ({ value: stage.ndcg10, interval: stage.ci95.ndcg10 }));
  return tableBlocks({
    labels: { title: labels.title, cells: labels.cells.map(printableLine) },
    columns,
    width: terminal.columns,
    paintTitles: chalk.dim,
    fill: (room) => intervalChart(MEASURE_TITLES.ndcg10, intervals, room, terminal),
  });
}

/** One difference in words, wrapped, its conclusion in the colour of what it says. */
export function differenceLines(difference: PairedDifference, terminal: Terminal): string[] {
  const { numbers, conclusion, verdict } = differenceSentence(difference, printableLine);
  const highlight = { start: numbers.length, end: numbers.length + conclusion.length };
  const paint = verdictPaint(verdict, createStyle(terminal));
  return hanging(numbers + conclusion, terminal.columns, (text, line) => markedLine(text, line, [highlight], paint));
}

function verdictPaint(verdict: Verdict, { chalk }: Style): (text: string) => string {
  return { better: chalk.green, worse: chalk.red, open: chalk.yellow }[verdict];
}

/** Names with their facts, dim, each on its lines; names without facts are left out. */
export function factLines(rows: readonly (readonly [name: string, facts: readonly string[]])[], terminal: Terminal): string[] {
  const { chalk, glyphs } = createStyle(terminal);
  const filled = rows.filter(([, facts]) => facts.length > 0).map(([name, facts]) => [printableLine(name), printableLine(facts.join(` ${glyphs.dot} `))]);
  // Wrapped in a pipe too: nothing else in this report is wider.
  const text = alignedRows(filled, { isTerminal: true, columns: terminal.columns });
  return text.split("\n").slice(0, -1).map((line) => chalk.dim(line));
}

export function noteLines(notes: readonly string[], terminal: Terminal): string[] {
  const { chalk } = createStyle(terminal);
  return notes.flatMap((note) =>
    hanging(`note: ${printableLine(note)}`, terminal.columns, (text, line) => markedLine(text, line, [{ start: 0, end: "note:".length }], chalk.yellow)),
  );
}

/** A sentence about the numbers, wrapped. */
export function dimLines(sentence: string, terminal: Terminal): string[] {
  const { chalk } = createStyle(terminal);
  return hanging(printableLine(sentence), terminal.columns, (text, { start, end }) => chalk.dim(text.slice(start, end)));
}

function hanging(text: string, columns: number, draw: (text: string, line: TextRange) => string): string[] {
  return wrapLines(text, columns - HANGING_INDENT.length).map((line, position) => (position === 0 ? "" : HANGING_INDENT) + draw(text, line));
}
