import { Type, type Static } from "typebox";
import type { Judgment } from "../../domain/candidate.ts";
import { rankTexts, scoreOf } from "./rerank-scoring.ts";

export const TUTORIAL_ANSWER = Type.Object(
  {
    scores: Type.Array(Type.Number(), { description: "Of every document, in the order given" }),
    ranked_documents: Type.Array(Type.String(), { description: "Best first" }),
    ranked_scores: Type.Array(Type.Number()),
  },
  { description: "The shape of --rerank-shape tutorial" },
);

/** @param resultCount cuts what is ranked, never `scores`. */
export function tutorialAnswer(judgments: readonly Judgment[], texts: readonly string[], resultCount: number, rawScores?: boolean | null): Static<typeof TUTORIAL_ANSWER> {
  const ranked = rankTexts(judgments).slice(0, resultCount);
  return {
    scores: judgments.map((judgment) => scoreOf(judgment, rawScores)),
    ranked_documents: ranked.map(({ position }) => texts[position] ?? ""),
    ranked_scores: ranked.map(({ judgment }) => scoreOf(judgment, rawScores)),
  };
}
