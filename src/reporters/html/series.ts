import { MEASURE_NAMES, type StageSummary } from "../../domain/evaluation.ts";
import type { Evaluation } from "../../pipeline/evaluation.ts";
import type { ChartPen } from "./chart-pen.ts";
import { html, type Markup } from "./markup.ts";
import { quoted } from "./page-parts.ts";

/** One stage of one evaluation as all charts show it. */
export interface Series {
  readonly label: string;
  readonly evaluation: Evaluation;
  readonly stage: StageSummary;
  /** A colour of the style sheet. */
  readonly color: string;
  /** Told apart by shape as well, for those who see no colours. */
  readonly symbol: (typeof SYMBOLS)[number];
  /** Stages before the last one, where variants are compared. */
  readonly hollow: boolean;
}

const SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "triangle2"] as const;
const COLOR_COUNT = 6;

/**
 * What is drawn of the evaluations, in their order. Of one, its stages: what comes first is grey, as that which the others are
 * to be better than. Of several, the stages of each; a stage in which all variants agree is drawn once.
 */
export function seriesOf(evaluations: readonly Evaluation[]): Series[] {
  if (evaluations.length > 1) return seriesOfVariants(evaluations);
  return evaluations.flatMap((evaluation) =>
    evaluation.stages.map((stage, position) => ({
      label: stage.name, evaluation, stage, color: colorOf(evaluation.stages.length === 1 ? 1 : position), symbol: symbolOf(position), hollow: false,
    })),
  );
}

/** What a mark needs to look like its series. */
export function dotStyle({ color, symbol, hollow }: Series) {
  return { symbol, r: 4.5, fill: hollow ? "var(--paper)" : color, stroke: color, strokeWidth: hollow ? 2 : 1 };
}

export function legendOf(pen: ChartPen, series: readonly Series[]): Markup {
  return html`<ul class="legend">${series.map((each) => html`<li>${swatch(pen, each)} ${quoted(each.label)}</li>`)}</ul>`;
}

function swatch(pen: ChartPen, series: Series): Markup {
  const mark = pen.plot.dot([0], { ...dotStyle(series), frameAnchor: "middle" });
  return pen.draw(null, { width: 14, height: 14, margin: 0, axis: null, marks: [mark] });
}

function seriesOfVariants(evaluations: readonly Evaluation[]): Series[] {
  const shared = new Set<string>();
  return evaluations.flatMap((evaluation, variant) =>
    evaluation.stages.flatMap((stage, position): Series[] => {
      const isLast = position === evaluation.stages.length - 1;
      const look = { evaluation, stage, color: colorOf(variant + 1), symbol: symbolOf(variant), hollow: !isLast };
      if (isLast) return [{ ...look, label: evaluation.label }];
      if (!evaluations.every(({ stages }) => stages.slice(0, -1).some((other) => isSame(stage, other)))) {
        return [{ ...look, label: `${evaluation.label}: ${stage.name}` }];
      }
      if (shared.has(stage.name)) return [];
      shared.add(stage.name);
      return [{ ...look, label: `${stage.name} of all`, color: colorOf(0), symbol: symbolOf(position) }];
    }),
  );
}

function isSame(stage: StageSummary, other: StageSummary): boolean {
  return stage.name === other.name && MEASURE_NAMES.every((measure) => stage[measure] === other[measure]);
}

/** 0 is grey; the sixth comes before the first again. */
function colorOf(number: number): string {
  return `var(--series-${number === 0 ? 0 : ((number - 1) % COLOR_COUNT) + 1})`;
}

function symbolOf(number: number): Series["symbol"] {
  return SYMBOLS[number % SYMBOLS.length] ?? "circle";
}
