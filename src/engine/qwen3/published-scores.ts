import type { Qwen3Spec } from "../../domain/model-spec.ts";
import { relevanceOf } from "../../domain/ranking.ts";
import type { GoldenComparison } from "../../ports/model-compiler.ts";
import type { DecoderSession } from "./decoder-session.ts";
import { embeddingPrompt, rerankPrompt } from "./prompt.ts";
import { readQwen3Shape } from "./qwen3-config.ts";
import type { Qwen3Tokenizer } from "./qwen3-tokenizer.ts";
import { cosine } from "./rounding-quality.ts";

const CHINA = "What is the capital of China?";
const GRAVITY = "Explain gravity";
const BEIJING = "The capital of China is Beijing.";
const ATTRACTION =
  "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects and is responsible for the movement of planets around the sun.";

interface PublishedScores {
  /** A checkpoint of another shape is another model, whatever the folder in the cache is called. */
  readonly layers: number;
  readonly hidden: number;
  /** Rows CHINA, GRAVITY; columns BEIJING, ATTRACTION. */
  readonly cosines?: readonly (readonly number[])[];
  readonly relevances?: readonly { readonly query: string; readonly document: string; readonly relevance: number }[];
}

/** As on the model cards. */
const PUBLISHED: Readonly<Record<string, PublishedScores>> = {
  "qwen3-embedding-0.6b": { layers: 28, hidden: 1024, cosines: [[0.7646, 0.1414], [0.1355, 0.6]] },
  "qwen3-embedding-4b": { layers: 36, hidden: 2560, cosines: [[0.7534, 0.1147], [0.032, 0.6258]] },
  "qwen3-embedding-8b": { layers: 36, hidden: 4096, cosines: [[0.7493, 0.0751], [0.088, 0.6318]] },
  "qwen3-reranker-0.6b": {
    layers: 28,
    hidden: 1024,
    relevances: [
      { query: CHINA, document: BEIJING, relevance: 0.9995 },
      { query: GRAVITY, document: ATTRACTION, relevance: 0.9972 },
      { query: CHINA, document: "The capital of Korea is Seoul.", relevance: 0.00103 },
    ],
  },
};
/** As the values were published; what the user has set does not count here. */
const MAX_TOKENS = 2048;
/** The published values were computed in half precision on graphics processors. int4 is known to move cosines by more. */
const TOLERANCES = { fp32: 0.01, int8: 0.02, int4: 0.1 } as const;

/** Empty for checkpoints that have no published values: fine-tuned ones, and rerankers above 0.6B. */
export async function publishedComparisons(spec: Qwen3Spec, tokenizer: Qwen3Tokenizer, session: DecoderSession): Promise<GoldenComparison[]> {
  const { cosines = [], relevances = [] } = publishedOf(spec) ?? {};
  const { maxTokens } = spec;
  const comparisons: GoldenComparison[] = [];
  const compare = (query: string, document: string, expected: number, found: number): void => {
    const passed = Math.abs(expected - found) <= TOLERANCES[spec.precision];
    comparisons.push({ text: `published: ${query} | ${document}`, expected, found, passed });
  };
  for (const { query, document, relevance } of relevances) {
    // The model card's separator, whichever this run was asked to use.
    const { ids } = rerankPrompt(tokenizer, { query, document, separator: "\n", maxTokens });
    const [logit = Number.NaN] = await session.run(ids, session.empty);
    compare(query, document, relevance, relevanceOf(logit));
  }
  const vectorOf = async (text: string, use: "query" | "passage"): Promise<Float32Array> => session.run(embeddingPrompt(tokenizer, text, { use, maxTokens: MAX_TOKENS }).ids, session.empty);
  for (const [row, columns] of cosines.entries()) {
    const query = row === 0 ? CHINA : GRAVITY;
    const vector = await vectorOf(query, "query");
    for (const [column, expected] of columns.entries()) {
      const document = column === 0 ? BEIJING : ATTRACTION;
      compare(query, document, expected, cosine(vector, await vectorOf(document, "passage")));
    }
  }
  return comparisons;
}

/** Of the repository itself, by its own name or the registry's ("qwen3-reranker-0.6b:int8"); a folder may hold anything. */
function publishedOf({ id, source, folder }: Qwen3Spec): PublishedScores | undefined {
  const name = source === "hub-cache" ? /^(?:qwen\/)?(qwen3-[^:/]+)/.exec(id.toLowerCase())?.[1] : undefined;
  const published = PUBLISHED[name ?? ""];
  if (published === undefined) return undefined;
  const { layers, hidden } = readQwen3Shape(folder);
  return layers === published.layers && hidden === published.hidden ? published : undefined;
}
