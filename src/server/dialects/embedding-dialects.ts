import type { Dialect } from "../dialect.ts";
import { OPENAI_DIALECT } from "./openai-dialect.ts";
import { registerSimilarity } from "./similarity.ts";
import { registerTeiEmbed } from "./tei-embed.ts";
import { teiErrorAnswer } from "./tei-errors.ts";
import { registerTeiInfo, type TeiInfoOptions } from "./tei-info.ts";

/** Embeddings as OpenAI and text-embeddings-inference give them, and what both tell of models. */
export function embeddingDialects({ maxConcurrentRequests = 256 }: Partial<TeiInfoOptions> = {}): Dialect[] {
  return [
    OPENAI_DIALECT,
    {
      name: "tei-embed",
      errorAnswer: teiErrorAnswer,
      register(app, services) {
        registerTeiEmbed(app, services);
        registerSimilarity(app, services);
        registerTeiInfo(app, services, { maxConcurrentRequests });
      },
    },
  ];
}
