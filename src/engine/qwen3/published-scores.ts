import type { Qwen3Spec } from "../../domain/model-spec.ts";
import { relevanceOf } from "../../domain/ranking.ts";
import type { GoldenComparison } from "../../ports/model-compiler.ts";
import type { DecoderSession } from "./decoder-session.ts";
import { embeddingPrompt, rerankPrompt } from "./prompt.ts";
import type { Qwen3Tokenizer } from "./qwen3-tokenizer.ts";
import { cosine } from "./rounding-quality.ts";

const CHINA = "What is the capital of China?";
const GRAVITY = "Explain gravity";
const BEIJING = "The capital of China is Beijing.";
const ATTRACTION =
  "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects and is responsible for the movement of planets around the sun.";

/** Cosines of the model cards: rows CHINA, GRAVITY; columns BEIJING, ATTRACTION. */
const COSINES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  "Qwen3-Embedding-0.6B": [[0.7646, 0.1414], [0.1355, 0.6]],
  "Qwen3-Embedding-4B": [[0.7534, 0.1147], [0.032, 0.6258]],
  "Qwen3-Embedding-8B": [[0.7493, 0.0751], [0.088, 0.6318]],
};
const RELEVANCES: Readonly<Record<string, readonly { readonly query: string; readonly document: string; readonly relevance: number }[]>> = {
  "Qwen3-Reranker-0.6B": [
    { query: CHINA, document: BEIJING, relevance: 0.9995 },
    { query: GRAVITY, document: ATTRACTION, relevance: 0.9972 },
    { query: CHINA, document: "The capital of Korea is Seoul.", relevance: 0.00103 },
  ],
};
/** The published values were computed in half precision on graphics processors. int4 is known to move cosines by more. */
const TOLERANCES = { fp32: 0.01, int8: 0.02, int4: 0.1 } as const;

/** Empty for checkpoints that have no published values: fine-tuned ones, and rerankers above 0.6B. */
export async function publishedComparisons(spec: Qwen3Spec, tokenizer: Qwen3Tokenizer, session: DecoderSession): Promise<GoldenComparison[]> {
  const name = officialName(spec);
  const passes = (expected: number, found: number): boolean => Math.abs(expected - found) <= TOLERANCES[spec.precision];
  const { maxTokens, promptSeparator: separator } = spec;
  const comparisons: GoldenComparison[] = [];
  for (const { query, document, relevance } of RELEVANCES[name] ?? []) {
    const { ids } = rerankPrompt(tokenizer, { query, document, separator, maxTokens });
    const [logit = Number.NaN] = await session.run(ids, session.empty);
    const found = relevanceOf(logit);
    comparisons.push({ text: `published: ${query} | ${document}`, expected: relevance, found, passed: passes(relevance, found) });
  }
  const vectorOf = async (text: string, use: "query" | "passage"): Promise<Float32Array> => session.run(embeddingPrompt(tokenizer, text, { use, maxTokens }).ids, session.empty);
  for (const [row, cosines] of (COSINES[name] ?? []).entries()) {
    const query = row === 0 ? CHINA : GRAVITY;
    const vector = await vectorOf(query, "query");
    for (const [column, expected] of cosines.entries()) {
      const document = column === 0 ? BEIJING : ATTRACTION;
      const found = cosine(vector, await vectorOf(document, "passage"));
      comparisons.push({ text: `published: ${query} | ${document}`, expected, found, passed: passes(expected, found) });
    }
  }
  return comparisons;
}

/** "Qwen3-Reranker-0.6B" for the repository itself; a folder may hold anything. */
function officialName({ id, source }: Qwen3Spec): string {
  return source === "hub-cache" ? (/^Qwen\/(Qwen3-[^:]+)/i.exec(id)?.[1] ?? "") : "";
}
