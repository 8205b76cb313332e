import type { TuneEvent } from "../pipeline/tune-result.ts";
import { formatCount } from "./format-numbers.ts";
import { keepWorthiest } from "./keep-worthiest.ts";
import { createLiveLine } from "./live-line.ts";
import type { PaintStream } from "./painted-line.ts";
import { formatRemaining } from "./progress-line.ts";
import { createSmoothedRate } from "./smoothed-rate.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** Shows on stderr how many pairs are judged. */
export interface TuneProgress {
  event(event: TuneEvent): void;
  /** A line of talk in between, which stays. */
  notice(line: string): void;
  /** Takes the progress away. Nothing but notices is shown after it. */
  stop(): void;
}

/** Passages differ in length, and stand in the order of their similarity: the pace of the last query says most about the next one. */
const RATE_MEMORY_MS = 30_000;

/** "judging query 3/20 · 480/4,000 pairs · 12 pairs/s · 5 min left" */
export function createTuneProgress({ stream, terminal }: { readonly stream: PaintStream; readonly terminal: Terminal }): TuneProgress {
  const rate = createSmoothedRate(RATE_MEMORY_MS);
  const separator = ` ${createStyle(terminal).glyphs.dot} `;
  let latest: TuneEvent | undefined;
  const line = createLiveLine({
    stream,
    terminal,
    draw: (columns) => partsWithin(columns, separator),
    plain: () => partsWithin(Number.POSITIVE_INFINITY, ", "),
  });

  function partsWithin(columns: number, between: string): string {
    if (latest === undefined) return "";
    const { query, queries, done, total } = latest;
    const nowMs = performance.now();
    const perMs = rate.perMs(nowMs);
    const hasPace = perMs > 0 && done < total;
    const parts = [
      { text: `judging query ${formatCount(query)}/${formatCount(queries)}`, worth: 4 },
      { text: `${formatCount(done)}/${formatCount(total)} pairs`, worth: 2 },
      { text: hasPace ? `${pairsPerSecond(perMs * 1000)} pairs/s` : "", worth: 1 },
      { text: hasPace ? `${formatRemaining((total - done - rate.doneSince(nowMs)) / perMs)} left` : "", worth: 3 },
    ];
    return keepWorthiest(parts, columns, between).join(between);
  }

  return {
    event(event) {
      latest = event;
      rate.add(event.done, performance.now());
      line.refresh();
    },
    notice: (text) => line.notice(text),
    stop: () => line.stop(),
  };
}

function pairsPerSecond(rate: number): string {
  return rate < 9.95 ? rate.toFixed(1) : formatCount(rate);
}
