import { REFERENCE_SIZE, type SurvivalPoint } from "../domain/survival.ts";
import type { Tuning } from "../pipeline/tune.ts";
import { alignedRows } from "./aligned-rows.ts";
import { counted, formatCount, formatDuration } from "./format-numbers.ts";
import { printableJson, printableLine } from "./printable.ts";
import { createStyle, padStart, widthOf, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** A setting that was written into a configuration file. */
export interface WrittenSetting {
  readonly key: "candidates" | "dimensions";
  readonly value: number;
  /** Absolute path. */
  readonly file: string;
}

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  /** What is worth less goes first where the table is too wide. */
  readonly worth: number;
}

/** Raised when a key changes its meaning or goes away. */
const TUNE_VERSION = 1;
const GAP = "  ";
const BAR_COLUMNS = 20;

/** The curve as a table with the setting found, and what it means in a sentence. */
export function tuneText(tuning: Tuning, written: readonly WrittenSetting[], terminal: Terminal): string {
  const style = createStyle(terminal);
  const wrapped = (text: string): string => alignedRows([[text]], terminal);
  const tables = [curveTable(tuning, style, terminal.columns), ...sizeTables(tuning, style, terminal.columns)];
  const lines = written.map(({ key, value, file }) => `${key} ${value}: wrote ${printableLine(file)}\n`);
  return [wrapped(headline(tuning, style)), ...tables, wrapped(verdictText(tuning)), ...(lines.length > 0 ? [lines.join("")] : [])].join("\n");
}

/** Described in docs/tune.schema.json. */
export function tuneJson({ verdict, ...tuning }: Tuning, written: readonly WrittenSetting[]): string {
  const point = verdict.outcome === "too-few-passages" ? null : verdict.point;
  const isKept = verdict.outcome === "kept";
  const record = { version: TUNE_VERSION, ...tuning, outcome: verdict.outcome, recommendation: isKept ? point : null, closest: isKept ? null : point, written };
  return `${printableJson(JSON.stringify(record, null, 2))}\n`;
}

function headline({ queries, pool, passages, models }: Tuning, { glyphs }: Style): string {
  const names = [...new Set([models.embedder.id, models.reranker.id])].map(printableLine).join(" + ");
  const judged = pool === passages ? `all ${counted(passages, "passage")}` : `the nearest ${formatCount(pool)} of ${counted(passages, "passage")}`;
  return [queryCount(queries), `${judged} judged for each`, names].join(` ${glyphs.dot} `);
}

function queryCount(queries: Tuning["queries"]): string {
  const drawn = queries.filter(({ source }) => source === "heading" || source === "sentence").length;
  return `${counted(queries.length, drawn > 0 ? "drawn query" : "query", drawn > 0 ? "drawn queries" : "queries")}`;
}

/** One row for each candidate count, with vectors as long as the setting found has them. */
function curveTable(tuning: Tuning, style: Style, columns: number): string {
  const { chalk, glyphs } = style;
  const chosen = chosenPoint(tuning);
  const dimensions = chosen?.dimensions ?? tuning.current.dimensions;
  const points = tuning.points.filter((point) => point.dimensions === dimensions);
  const now = currentPoint(tuning);
  const table = fitColumns(
    [
      { head: "", cells: points.map((point) => (point === chosen ? glyphs.to : " ".repeat(widthOf(glyphs.to)))), worth: 9 },
      { head: "candidates", cells: points.map(({ candidates }) => formatCount(candidates)), worth: 8 },
      { head: "kept", cells: points.map(({ survival }) => percent(survival)), worth: 7 },
      { head: "", cells: points.map(({ survival }) => bar(survival, style)), worth: 2 },
      { head: "interval", cells: points.map(({ ci95 }) => intervalOf(ci95)), worth: 5 },
      { head: "mean", cells: points.map(({ meanMs }) => formatDuration(meanMs)), worth: 4 },
      { head: "p95", cells: points.map(({ p95Ms }) => formatDuration(p95Ms)), worth: 6 },
      { head: "", cells: points.map((point) => (point === now ? "as now" : "")), worth: 3 },
    ],
    columns,
  );
  const [head = "", ...rows] = rowsOf(table);
  return [chalk.dim(head), ...rows.map((row, position) => (points[position] === chosen ? chalk.bold(row) : row))].map((line) => `${line}\n`).join("");
}

/** What is kept at every size, in as many tables as it takes to stay within the width; none for vectors that cannot be cut. */
function sizeTables(tuning: Tuning, { chalk, glyphs }: Style, columns: number): string[] {
  const sizes = [...new Set(tuning.points.map(({ dimensions }) => dimensions))];
  if (sizes.length === 1) return [];
  const chosen = chosenPoint(tuning);
  const counts = [...new Set(tuning.points.map(({ candidates }) => candidates))];
  const column = (dimensions: number): Column => {
    const points = tuning.points.filter((point) => point.dimensions === dimensions);
    const cells = points.map((point) => `${point === chosen ? glyphs.to : ""}${percent(point.survival)}`);
    return { head: formatCount(dimensions), cells, worth: 1 };
  };
  const first: Column = { head: "candidates", cells: counts.map(formatCount), worth: 1 };
  const tables: Column[][] = [];
  for (const next of sizes.map(column)) {
    const last = tables.at(-1);
    if (last === undefined || tableWidth([...last, next]) > columns) tables.push([first, next]);
    else last.push(next);
  }
  const texts = tables.map((table) => rowsOf(table).map((row, position) => `${position === 0 ? chalk.dim(row) : row}\n`).join(""));
  return [`kept by vectors cut to so many numbers:\n${texts[0] ?? ""}`, ...texts.slice(1)];
}

/** "30 candidates keep 96.0 % of the reranker's top 10 [93, 98] in 0.9 s (p95 1.1 s); 50, as now, take 1.5 s." */
function verdictText(tuning: Tuning): string {
  const { verdict, passages, pool, keep, budgetMs } = tuning;
  const within = budgetMs === null ? "" : ` within ${formatDuration(budgetMs)}`;
  switch (verdict.outcome) {
    case "kept":
      return `${sentenceOf(verdict.point, tuning)}${comparison(verdict.point, tuning)}.`;
    case "too-little":
      return `No setting keeps ${percent(keep)}${within}. ${sentenceOf(verdict.point, tuning)}: raise --budget, or lower --keep.`;
    case "too-slow":
      return `Not even ${counted(verdict.point.candidates, "candidate")} are judged${within}: they take ${formatDuration(verdict.point.p95Ms)} (p95). Raise --budget, or choose a faster reranker.`;
    case "too-few-passages":
      return pool === passages
        ? `${counted(passages, "passage")} and a top ${REFERENCE_SIZE}: the index is too small for anything to get lost.`
        : `The top ${REFERENCE_SIZE} of ${counted(pool, "candidate")} is all of them: raise --max-candidates.`;
  }
}

function sentenceOf(point: SurvivalPoint, tuning: Tuning): string {
  const { candidates, dimensions, survival, ci95, meanMs, p95Ms } = point;
  const verb = candidates === 1 ? "keeps" : "keep";
  const cut = dimensions === tuning.current.dimensions ? "" : ` of vectors cut to ${formatCount(dimensions)} numbers`;
  const now = point === currentPoint(tuning) ? ", as now," : "";
  return (
    `${counted(candidates, "candidate")}${cut}${now} ${verb} ${percent(survival)} of the reranker's top ${REFERENCE_SIZE} ` +
    `${intervalOf(ci95)} in ${formatDuration(meanMs)} (p95 ${formatDuration(p95Ms)})`
  );
}

function comparison(point: SurvivalPoint, tuning: Tuning): string {
  const now = currentPoint(tuning);
  if (now === undefined || now === point) return "";
  const lengths = point.dimensions === now.dimensions ? "" : ` of ${formatCount(now.dimensions)} numbers`;
  return `; ${formatCount(now.candidates)}${lengths}, as now, take ${formatDuration(now.meanMs)}`;
}

function chosenPoint({ verdict }: Tuning): SurvivalPoint | undefined {
  return verdict.outcome === "kept" ? verdict.point : undefined;
}

/** What searches do today; `undefined` where they recall more than was tried. */
function currentPoint({ points, current, passages }: Tuning): SurvivalPoint | undefined {
  const candidates = Math.min(current.candidates, passages);
  return points.find((point) => point.candidates === candidates && point.dimensions === current.dimensions);
}

function fitColumns(columns: readonly Column[], room: number): Column[] {
  let kept = [...columns];
  while (tableWidth(kept) > room && kept.length > 1) {
    const least = Math.min(...kept.map(({ worth }) => worth));
    kept = kept.filter(({ worth }) => worth !== least);
  }
  return kept;
}

function columnWidth({ head, cells }: Column): number {
  return Math.max(widthOf(head), ...cells.map(widthOf));
}

function tableWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + columnWidth(column) + GAP.length, -GAP.length);
}

/** Head and rows. Numbers end below each other. */
function rowsOf(columns: readonly Column[]): string[] {
  const padded = columns.map((column) => [column.head, ...column.cells].map((cell) => padStart(cell, columnWidth(column))));
  return (padded[0] ?? []).map((_, row) => padded.map((cells) => cells[row] ?? "").join(GAP).trimEnd());
}

function bar(share: number, { chalk, glyphs }: Style): string {
  const done = Math.round(share * BAR_COLUMNS);
  return chalk.green(glyphs.barDone.repeat(done)) + chalk.dim(glyphs.barLeft.repeat(BAR_COLUMNS - done));
}

/** One decimal: 94.9 is not yet 95. Rounded down, so that 100 is all. */
function percent(share: number): string {
  return share === 1 ? "100 %" : `${(Math.floor(share * 1000 + 1e-6) / 10).toFixed(1)} %`;
}

function intervalOf([low, high]: SurvivalPoint["ci95"]): string {
  return `[${Math.round(low * 100)}, ${Math.round(high * 100)}]`;
}
