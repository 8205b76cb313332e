import { BadAnswer, type EmbedDialect } from "./embed-dialect.ts";

/**
 * text-embeddings-inference's /embed: no model, no positions, no usage, and the side is the name of one of the model's own prompts. Only
 * "query" is ever named: which others a model has cannot be asked, and an unknown one is refused. Passages are read bare.
 */
export const TEI_EMBED: EmbedDialect = {
  path: "/embed",
  requestBody: ({ texts, use, side, dimensions }) => ({
    inputs: texts,
    // Tokens are estimated here: what is too long in truth is cut there instead of being refused.
    truncate: true,
    ...(side !== undefined && use === "query" && { prompt_name: "query" }),
    ...(dimensions !== undefined && { dimensions }),
  }),
  readAnswer(json, { texts }) {
    if (!Array.isArray(json)) throw new BadAnswer("it has no list of vectors");
    if (json.length !== texts.length) throw new BadAnswer(`it has ${json.length} vectors for ${texts.length} texts`);
    return { vectors: json, tokens: undefined, truncated: new Set() };
  },
};
