import type { VariantDifference } from "../../domain/evaluation.ts";
import type { Evaluation } from "../../pipeline/evaluation.ts";
import { sizeFacts } from "../evaluation-wording.ts";
import { openChartPen, type ChartPen } from "./chart-pen.ts";
import { latencyFigure } from "./latency-figure.ts";
import { html, Markup, type Insert } from "./markup.ts";
import { measuresFigure } from "./measures-figure.ts";
import { comparisonSection, movementSection } from "./movement-section.ts";
import { quoted, section } from "./page-parts.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { pageSummary } from "./page-summary.ts";
import { recallFigure } from "./recall-figure.ts";
import { relevanceFigure, similarityFigure } from "./score-figures.ts";
import { seriesOf } from "./series.ts";
import { dateText, settingsSection } from "./settings-section.ts";

/** What the page tells of. */
export interface EvaluationReport {
  /** One, or variants that answer the same queries. */
  readonly evaluations: readonly Evaluation[];
  /** Of each variant after the first to it; empty for one evaluation. */
  readonly differences: readonly VariantDifference[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** Of this program. */
  readonly version: string;
  /** The arguments after `rerank`, as the user gave them; without them the page does not say how to ask again. */
  readonly command?: readonly string[];
}

/** Nothing but what the file holds is loaded or run. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** One HTML file that needs no network and no script: charts as SVG, for wide and narrow screens, light and dark. */
export async function evaluationHtml(report: EvaluationReport): Promise<string> {
  const { evaluations, differences, createdAt } = report;
  const pen = await openChartPen();
  const dataset = evaluations[0]?.dataset ?? "nothing";
  const isComparison = evaluations.length > 1;
  const subject = isComparison ? "Comparison" : "Evaluation";
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="rerank ${report.version}">
<title>${dataset}: ${subject.toLowerCase()} by rerank</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
<main>
<header>
<p class="kicker">${subject} · ${[...(evaluations[0] === undefined ? [] : sizeFacts(evaluations[0])), dateText(createdAt)].join(" · ")}</p>
<h1>${quoted(dataset)}</h1>
${pageSummary(evaluations, differences)}
</header>
${evaluations.some(({ stages, queries }) => stages.length > 0 && queries.length > 0) ? chartSections(pen, report) : ""}
${settingsSection(report)}
</main>
</body>
</html>
`.text;
}

function chartSections(pen: ChartPen, { evaluations, differences }: EvaluationReport): Insert {
  const series = seriesOf(evaluations);
  const movement = evaluations.length > 1 ? comparisonSection(pen, evaluations, differences) : evaluations.map((evaluation) => movementSection(pen, evaluation) ?? "");
  return [
    section("quality", "How good the order is", measuresFigure(pen, series), recallFigure(pen, series)),
    html`${movement}`,
    scoreSection(pen, evaluations),
    timeSection(latencyFigure(pen, series)),
  ];
}

/** Models that stand behind several variants give the same scores: they are shown once. */
function scoreSection(pen: ChartPen, evaluations: readonly Evaluation[]): Insert {
  const seen = new Set<string>();
  const figures = evaluations.flatMap(({ label, queries, models: { embedder, reranker }, settings }) => {
    const isNew = (kind: string, fingerprint: string) => {
      const key = `${kind} ${fingerprint}`;
      return !seen.has(key) && seen.add(key) !== undefined;
    };
    const suffix = evaluations.length > 1 ? `, ${label}` : "";
    return [
      isNew("similarity", `${embedder?.fingerprint ?? label} ${settings.dimensions}`) ? similarityFigure(pen, queries, `Similarity${suffix}`) : null,
      isNew("relevance", `${reranker?.fingerprint ?? label} ${settings.instruction}`) ? relevanceFigure(pen, queries, `Relevance${suffix}`) : null,
    ].filter((each) => each !== null);
  });
  return figures.length === 0 ? "" : section("scores", "How well scores tell passages apart", figures);
}

function timeSection(chart: Markup | null): Insert {
  return chart === null ? "" : section("time", "What it costs", chart);
}
