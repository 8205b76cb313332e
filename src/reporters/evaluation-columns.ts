import { MEASURE_NAMES, type StageSummary } from "../domain/evaluation.ts";
import { formatInterval, MEASURE_TITLES } from "./evaluation-wording.ts";
import { formatCount, formatDuration } from "./format-numbers.ts";

/** One row of a table of measures. */
export interface MeasureRow {
  readonly stage: StageSummary;
  /** nDCG@10 of the first stage alone, in a table of final orders; `null` where there is no other stage. */
  readonly recallNdcg10?: number | null;
}

/** One column, row by row. */
export interface MeasureColumn {
  readonly title: string;
  /** `null`: not known. */
  readonly cells: readonly (string | null)[];
  /** The rows that no other one surpasses; none where all are alike or more is not better. */
  readonly best: ReadonlySet<number>;
  readonly isText: boolean;
  /** Columns of a kind stand together. */
  readonly group: "quality" | "speed";
}

/** Everything that is told of stages; a column that is not known for any of them is left out. */
export function measureColumns(rows: readonly MeasureRow[], digits: number): MeasureColumn[] {
  const stages = rows.map(({ stage }) => stage);
  const measures = MEASURE_NAMES.map((name) => {
    const cells = stages.map((stage) => stage[name].toFixed(digits));
    return column(MEASURE_TITLES[name], cells, { best: bestOf(cells) });
  });
  const intervals = column("95 % interval", stages.map(({ ci95 }) => formatInterval(ci95.ndcg10, digits)), { isText: true });
  const recalled = column("recalled", rows.map(({ recallNdcg10 }) => recallNdcg10?.toFixed(digits) ?? null));
  const columns = [
    ...measures.slice(0, 1),
    intervals,
    recalled,
    ...measures.slice(1),
    column("mean", stages.map(({ meanMs }) => (meanMs === null ? null : formatDuration(meanMs))), { group: "speed" }),
    column("p95", stages.map(({ p95Ms }) => (p95Ms === null ? null : formatDuration(p95Ms))), { group: "speed" }),
    column("pairs/s", stages.map(({ pairsPerSecond }) => formatRate(pairsPerSecond)), { group: "speed" }),
  ];
  return columns.filter(({ cells }) => cells.some((cell) => cell !== null));
}

function column(title: string, cells: readonly (string | null)[], rest: Partial<MeasureColumn> = {}): MeasureColumn {
  return { title, cells, best: new Set(), isText: false, group: "quality", ...rest };
}

/** As shown: what reads the same is as good. */
function bestOf(cells: readonly string[]): Set<number> {
  const highest = Math.max(...cells.map(Number));
  const best = cells.flatMap((cell, row) => (Number(cell) === highest ? [row] : []));
  return new Set(best.length === cells.length ? [] : best);
}

function formatRate(perSecond: number | null): string | null {
  if (perSecond === null || !Number.isFinite(perSecond)) return null;
  return perSecond < 9.95 ? perSecond.toFixed(1) : formatCount(perSecond);
}
