import type { EvaluationEvent } from "../pipeline/evaluation.ts";
import { formatCount, formatDuration } from "./format-numbers.ts";
import { keepWorthiest } from "./keep-worthiest.ts";
import { createLiveLine } from "./live-line.ts";
import type { PaintStream } from "./painted-line.ts";
import { printableLine } from "./printable.ts";
import { formatRemaining } from "./progress-line.ts";
import { createSmoothedRate, type SmoothedRate } from "./smoothed-rate.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** Reads the events of an evaluation, or of several after each other, and shows on stderr how far it is. */
export interface EvaluationProgress {
  event(event: EvaluationEvent): void;
  /** A line of talk in between, which stays. */
  notice(line: string): void;
  /** Takes the progress away. Nothing but notices is shown after it. */
  stop(): void;
}

/** Queries differ in length and passages in number: the pace of the last minute says most about the next one. */
const RATE_MEMORY_MS = 60_000;

/** One evaluation under way. */
interface Run {
  readonly label: string;
  readonly total: number;
  readonly known: number;
  done: number;
  /** Of the queries that this run has answered: those of an earlier one cost nothing. */
  answered: number;
  readonly rate: SmoothedRate;
}

/** "mini · 12/30 queries · 2.4 s a query · 45 s left" */
export function createEvaluationProgress({ stream, terminal }: { readonly stream: PaintStream; readonly terminal: Terminal }): EvaluationProgress {
  const { glyphs } = createStyle(terminal);
  const separator = ` ${glyphs.dot} `;
  let run: Run | undefined;
  const line = createLiveLine({
    stream,
    terminal,
    draw: (columns) => (run === undefined ? "" : keepWorthiest(partsOf(run), columns, separator).join(separator)),
    plain: () => (run === undefined ? "" : keepWorthiest(partsOf(run), Number.POSITIVE_INFINITY, ", ").join(", ")),
  });
  return {
    event(event) {
      if (event.type === "started") {
        const { label, total, known } = event;
        run = { label, total, known, done: known, answered: 0, rate: createSmoothedRate(RATE_MEMORY_MS) };
      } else if (run !== undefined) {
        if (event.type === "ended") run = undefined;
        else answer(run, event);
      }
      line.refresh();
    },
    notice: (text) => line.notice(text),
    stop: () => line.stop(),
  };
}

function answer(run: Run, { done, elapsedMs }: Extract<EvaluationEvent, { type: "answered" }>): void {
  const nowMs = performance.now();
  // The clock starts with the first query itself: models load before it.
  if (run.answered === 0) run.rate.add(0, nowMs - elapsedMs);
  run.answered++;
  run.done = done;
  run.rate.add(run.answered, nowMs);
}

function partsOf({ label, total, known, done, rate }: Run) {
  const nowMs = performance.now();
  const queriesPerMs = rate.perMs(nowMs);
  const rest = total - done;
  const hasPace = queriesPerMs > 0 && rest > 0;
  const remainingMs = (rest - rate.doneSince(nowMs)) / queriesPerMs;
  return [
    { text: printableLine(label), worth: 2 },
    { text: `${formatCount(done)}/${formatCount(total)} queries`, worth: 5 },
    { text: known === 0 ? "" : `${formatCount(known)} known already`, worth: 1 },
    { text: hasPace ? `${formatDuration(1 / queriesPerMs)} a query` : "", worth: 3 },
    { text: hasPace ? `${formatRemaining(remainingMs)} left` : "", worth: 4 },
  ];
}
