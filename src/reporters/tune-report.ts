import { REFERENCE_SIZE, type SurvivalPoint } from "../domain/survival.ts";
import type { Tuning } from "../pipeline/tune-result.ts";
import { alignedRows } from "./aligned-rows.ts";
import { noteLines } from "./evaluation-text.ts";
import { fewQueries } from "./evaluation-wording.ts";
import { counted, formatCount, formatDuration } from "./format-numbers.ts";
import { intervalChart } from "./interval-chart.ts";
import { printableJson, printableLine } from "./printable.ts";
import { roundedInterval, roundedMeasure, roundedTime } from "./rounded-numbers.ts";
import { createStyle, padStart, widthOf, type Style } from "./style.ts";
import { tableBlocks, type TableColumn, type TableOptions } from "./table-blocks.ts";
import type { Terminal } from "./terminal.ts";

/** A setting that was written into a configuration file. */
export interface WrittenSetting {
  readonly key: "candidates" | "dimensions";
  readonly value: number;
  /** Absolute path. */
  readonly file: string;
}

/** Raised when a key changes its meaning or goes away. */
const TUNE_VERSION = 1;

/** The curve as a table with the setting found, and what it means in a sentence. */
export function tuneText(tuning: Tuning, written: readonly WrittenSetting[], terminal: Terminal): string {
  const wrapped = (text: string): string => alignedRows([[text]], terminal);
  const tables = [curveTable(tuning, terminal), ...sizeTable(tuning, terminal)];
  const lines = written.map(({ key, value, file }) => `${key} ${value}: wrote ${printableLine(file)}\n`);
  const notes = noteLines(notesOf(tuning), terminal).map((line) => `${line}\n`);
  const below = [wrapped(verdictText(tuning)) + notes.join(""), ...(lines.length > 0 ? [lines.join("")] : [])];
  return [wrapped(headline(tuning, createStyle(terminal))), ...tables, ...below].join("\n");
}

/** Described in docs/tune.schema.json. */
export function tuneJson({ verdict, ...tuning }: Tuning, written: readonly WrittenSetting[]): string {
  const point = verdict.outcome === "too-few-passages" ? null : pointRecord(verdict.point);
  const isKept = verdict.outcome === "kept";
  const record = {
    version: TUNE_VERSION,
    ...tuning,
    points: tuning.points.map(pointRecord),
    outcome: verdict.outcome,
    recommendation: isKept ? point : null,
    closest: isKept ? null : point,
    written,
    notices: [...notesOf(tuning), ...tuning.notices],
  };
  return `${printableJson(JSON.stringify(record, null, 2))}\n`;
}

/** What a reader of the figures has to know. */
function notesOf({ queries }: Pick<Tuning, "queries">): string[] {
  return queries.length === 1 ? ["1 query is few: no interval follows from it"] : fewQueries(queries.length);
}

function pointRecord({ candidates, dimensions, survival, ci95, meanMs, p95Ms }: SurvivalPoint) {
  return { candidates, dimensions, survival: roundedMeasure(survival), ci95: ci95 && roundedInterval(ci95), meanMs: roundedTime(meanMs), p95Ms: roundedTime(p95Ms) };
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
function curveTable(tuning: Tuning, terminal: Terminal): string {
  const { chalk, glyphs } = createStyle(terminal);
  const chosen = chosenPoint(tuning);
  const dimensions = chosen?.dimensions ?? tuning.current.dimensions;
  const points = tuning.points.filter((point) => point.dimensions === dimensions);
  const charted = points.flatMap(({ survival, ci95 }) => (ci95 === null ? [] : [{ value: survival, interval: ci95 }]));
  const now = currentPoint(tuning);
  const countWidth = formatCount(tuning.pool).length;
  const column = (title: string, group: string, cellOf: (point: SurvivalPoint) => string): TableColumn => ({
    title,
    cells: points.map((point) => (point === chosen ? chalk.bold(cellOf(point)) : cellOf(point))),
    isText: false,
    group,
  });
  return linesOf({
    labels: {
      title: "candidates",
      cells: points.map((point) => {
        const mark = point === chosen ? glyphs.to : " ".repeat(widthOf(glyphs.to));
        return `${mark} ${padStart(formatCount(point.candidates), countWidth)}${point === now ? " as now" : ""}`;
      }),
    },
    columns: [
      column("kept", "kept", ({ survival }) => percent(survival)),
      ...(charted.length > 0 ? [column("95 % interval", "kept", ({ ci95 }) => intervalOf(ci95))] : []),
      column("mean", "time", ({ meanMs }) => formatDuration(meanMs)),
      column("p95", "time", ({ p95Ms }) => formatDuration(p95Ms)),
    ],
    width: terminal.columns,
    paintTitles: (line) => chalk.dim(line),
    fill: (room) => intervalChart("kept", charted, room, terminal),
  });
}

/** What is kept at every size; nothing for vectors that cannot be cut. */
function sizeTable(tuning: Tuning, terminal: Terminal): string[] {
  const { chalk, glyphs } = createStyle(terminal);
  const sizes = [...new Set(tuning.points.map(({ dimensions }) => dimensions))];
  if (sizes.length === 1) return [];
  const chosen = chosenPoint(tuning);
  const columns = sizes.map((dimensions): TableColumn => {
    const points = tuning.points.filter((point) => point.dimensions === dimensions);
    const cells = points.map((point) => (point === chosen ? chalk.bold(`${glyphs.to} ${percent(point.survival)}`) : percent(point.survival)));
    return { title: formatCount(dimensions), cells, isText: false, group: `size ${dimensions}` };
  });
  const counts = [...new Set(tuning.points.map(({ candidates }) => candidates))];
  const countWidth = formatCount(tuning.pool).length;
  const labels = { title: "candidates", cells: counts.map((count) => padStart(formatCount(count), countWidth)) };
  return [`Kept by vectors cut to so many numbers:\n${linesOf({ labels, columns, width: terminal.columns, paintTitles: (line) => chalk.dim(line) })}`];
}

function linesOf(options: TableOptions): string {
  return tableBlocks(options)
    .map((line) => `${line}\n`)
    .join("");
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
    case "too-few-tried":
      return (
        `Only all ${counted(pool, "candidate")} keep ${percent(keep)} of a top ${REFERENCE_SIZE} that was taken from them: some of it may lie beyond. ` +
        `Try more: --max-candidates ${Math.min(2 * pool, passages)}.`
      );
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
    `${intervalOf(ci95)}${ci95 === null ? "" : " "}in ${formatDuration(meanMs)} (p95 ${formatDuration(p95Ms)})`
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

/** One decimal: 94.9 is not yet 95. Rounded down, so that 100 is all. */
function percent(share: number): string {
  return share === 1 ? "100 %" : `${(Math.floor(share * 1000 + 1e-6) / 10).toFixed(1)} %`;
}

function intervalOf(interval: SurvivalPoint["ci95"]): string {
  if (interval === null) return "";
  const [low, high] = interval;
  return `[${Math.round(low * 100)}, ${Math.round(high * 100)}]`;
}
