import type { IndexEvent, IndexProgress, IndexStage } from "../pipeline/events.ts";
import { counted, formatCount } from "./format-numbers.ts";
import { keepWorthiest } from "./keep-worthiest.ts";
import { createLiveLine } from "./live-line.ts";
import type { PaintStream } from "./painted-line.ts";
import { createProgressEstimator, type Estimate } from "./progress-estimate.ts";
import { createStyle, widthOf, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** Reads the events of an indexing run and shows on stderr how far it is. */
export interface ProgressReader {
  event(event: IndexEvent): void;
  /** A line of talk in between, which stays. */
  notice(line: string): void;
  /** Takes the progress away. Nothing is shown after it. */
  stop(): void;
}

export interface ProgressOptions {
  readonly stream: PaintStream;
  /** What `stream` can show. */
  readonly terminal: Terminal;
}

const LEAST_BAR_COLUMNS = 10;
const MOST_BAR_COLUMNS = 30;
const BAR_STEP_COLUMNS = 5;

interface Snapshot {
  readonly stage: IndexStage | undefined;
  readonly progress: IndexProgress | undefined;
  readonly estimate: Estimate;
}

/** One repainted line on a terminal, plain lines every few seconds elsewhere. */
export function createProgressReader({ stream, terminal }: ProgressOptions): ProgressReader {
  const style = createStyle(terminal);
  const estimator = createProgressEstimator();
  let stage: IndexStage | undefined;
  let progress: IndexProgress | undefined;
  const snapshot = (): Snapshot => ({ stage, progress, estimate: estimator.estimate(performance.now()) });
  const line = createLiveLine({ stream, terminal, draw: (columns) => progressLine(snapshot(), columns, style), plain: () => plainLine(snapshot()) });
  return {
    event(event) {
      if (event.type === "stage-start") stage = event.stage;
      else if (event.type === "progress") {
        progress = event.progress;
        if (stage !== "list") estimator.update(progress, performance.now());
      } else return;
      line.refresh();
    },
    notice: (text) => line.notice(text),
    stop: () => line.stop(),
  };
}

/** The line for a terminal of `columns` columns. The less important parts go first where it is narrow, the bar before all. */
export function progressLine({ stage, progress, estimate }: Snapshot, columns: number, style: Style): string {
  const { chalk, glyphs } = style;
  if (progress === undefined) return "";
  if (stage === "list") return `listing ${chalk.dim(glyphs.dot)} ${counted(progress.filesTotal, "file")}`;
  if (stage === "save") return `saving the index ${chalk.dim(glyphs.dot)} ${counted(progress.passagesDone, "passage")}`;
  const files = `${formatCount(progress.filesDone)}/${counted(progress.filesTotal, "file")}`;
  const parts = [
    { text: files, worth: 4 },
    { text: counted(progress.passagesDone, "passage"), worth: 2 },
    { text: rateOf(estimate, "/s"), worth: 1 },
    { text: estimate.remainingMs === undefined ? "" : `${formatRemaining(estimate.remainingMs)} left`, worth: 3 },
  ];
  const separator = ` ${glyphs.dot} `;
  const label = "indexing ";
  const kept = keepWorthiest(parts, columns - label.length, separator);
  const bar = barOf(estimate.fraction, columns - label.length - widthOf(kept.join(separator)) - 2, style);
  return label + bar + kept.join(chalk.dim(separator));
}

/** One line for a log: "indexed 120/400 files, 3,120 passages, 210 passages/s, about 40 s left". */
export function plainLine({ stage, progress, estimate }: Snapshot): string {
  if (progress === undefined) return "";
  if (stage === "list") return `listing: ${counted(progress.filesTotal, "file")} so far`;
  if (stage === "save") return "saving the index";
  const parts = [
    `indexed ${formatCount(progress.filesDone)}/${counted(progress.filesTotal, "file")}`,
    counted(progress.passagesDone, "passage"),
    rateOf(estimate, " passages/s"),
    estimate.remainingMs === undefined ? "" : `about ${formatRemaining(estimate.remainingMs)} left`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Steps of 5 s, then of minutes: nobody plans by single seconds, and the figure stands still while it is read. */
export function formatRemaining(remainingMs: number): string {
  const seconds = remainingMs / 1000;
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 57.5) return `${Math.round(seconds / 5) * 5} s`;
  if (seconds < 3570) return `${Math.max(1, Math.round(seconds / 60))} min`;
  const minutes = Math.round(seconds / 300) * 5;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

function rateOf({ passagesPerSecond }: Estimate, unit: string): string {
  if (passagesPerSecond <= 0) return "";
  return `${passagesPerSecond < 9.95 ? passagesPerSecond.toFixed(1) : formatCount(passagesPerSecond)}${unit}`;
}

function barOf(fraction: number | undefined, room: number, { chalk, glyphs }: Style): string {
  if (fraction === undefined || room < LEAST_BAR_COLUMNS) return "";
  // In steps, so that the bar keeps its length while the figures beside it grow.
  const columns = Math.min(Math.floor(room / BAR_STEP_COLUMNS) * BAR_STEP_COLUMNS, MOST_BAR_COLUMNS);
  const done = Math.floor(fraction * columns);
  return `${chalk.green(glyphs.barDone.repeat(done))}${chalk.dim(glyphs.barLeft.repeat(columns - done))}  `;
}
