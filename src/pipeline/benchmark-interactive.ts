import type { BenchmarkedModel, InteractiveFigures, InteractiveModels, PrecisionFigures, Recommendation, RerankingRate } from "./benchmark-report.ts";

/** Somebody waits for an answer: the limit of attention to one task (Nielsen, "Usability Engineering", 1993, chapter 5). */
export const INTERACTIVE_MS = 10_000;

export interface InteractiveOptions {
  /** The models that were measured, as `--models` takes them, and the one that judges. */
  readonly models: string;
  readonly reranker: BenchmarkedModel;
  readonly reranking: readonly RerankingRate[];
  readonly precisions: readonly PrecisionFigures[];
  readonly recommendation: Recommendation;
  /** Of each candidate. */
  readonly tokens: number;
}

/** Which models judge a search's candidates while somebody waits: those that were measured, and the recommended way of the others. */
export function judgeInteractive({ models, reranker, reranking, precisions, recommendation, tokens }: InteractiveOptions): InteractiveFigures {
  const costs: Omit<InteractiveModels, "isInteractive">[] = [];
  const rate = reranking.find(({ textTokens }) => textTokens === tokens);
  if (rate !== undefined) costs.push({ models, precision: reranker.precision, device: reranker.device, source: "measured", searchMs: rate.searchMs });
  const { precision, device } = recommendation;
  const way = precisions.find((each) => each.precision === precision && each.device === device);
  // A way that the embedder was measured in is that of the models above: their reranker's own time goes before.
  if (way?.source === "estimated" && way.searchMs !== null) {
    costs.push({ models: recommendation.models, precision: way.precision, device: way.device, source: "estimated", searchMs: way.searchMs });
  }
  return { withinMs: INTERACTIVE_MS, tokens, models: costs.map((cost) => ({ ...cost, isInteractive: cost.searchMs <= INTERACTIVE_MS })) };
}
