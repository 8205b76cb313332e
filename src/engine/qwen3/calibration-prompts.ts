import type { ModelRole } from "../../domain/model-spec.ts";
import { CALIBRATION_PAIRS, CALIBRATION_PASSAGES, CALIBRATION_QUERIES } from "./calibration-texts.ts";
import { embeddingPrompt, rerankPrompt } from "./prompt.ts";
import type { Qwen3Tokenizer } from "./qwen3-tokenizer.ts";

/** Longer than every calibration text. */
const MAX_TOKENS = 512;

/** The calibration texts as an embedder reads them, queries first. */
export function embedderTexts(): readonly { readonly text: string; readonly use: "query" | "passage" }[] {
  return [...CALIBRATION_QUERIES.map((text) => ({ text, use: "query" as const })), ...CALIBRATION_PASSAGES.map((text) => ({ text, use: "passage" as const }))];
}

/** Token ids of the calibration texts, or of the pairs. */
export function calibrationPrompts(tokenizer: Qwen3Tokenizer, role: ModelRole): Int32Array[] {
  if (role === "embedder") return embedderTexts().map(({ text, use }) => embeddingPrompt(tokenizer, text, { use, maxTokens: MAX_TOKENS }).ids);
  return CALIBRATION_PAIRS.map(({ query, document }) => rerankPrompt(tokenizer, { query, document, separator: "\n", maxTokens: MAX_TOKENS }).ids);
}
