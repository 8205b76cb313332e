import { BadAnswer, countOf, type EmbedDialect, member } from "./embed-dialect.ts";

/**
 * Cohere's /v2/embed. Its own models refuse to do without the side since the third version; vLLM answers on this route too, and puts the
 * model's own prompt before texts whose side it is told.
 */
export const COHERE_EMBED: EmbedDialect = {
  path: "/v2/embed",
  requestBody: ({ texts, use, side, model, dimensions }) => ({
    ...(model !== undefined && { model }),
    texts,
    ...(side !== undefined && { input_type: use === "query" ? "search_query" : "search_document" }),
    embedding_types: ["float"],
    truncate: "END",
    ...(dimensions !== undefined && { output_dimension: dimensions }),
  }),
  readAnswer(json, { texts }) {
    const vectors = member(member(json, "embeddings"), "float");
    if (!Array.isArray(vectors)) throw new BadAnswer("it has no list of vectors");
    if (vectors.length !== texts.length) throw new BadAnswer(`it has ${vectors.length} vectors for ${texts.length} texts`);
    return { vectors, tokens: countOf(member(member(member(json, "meta"), "billed_units"), "input_tokens")), truncated: new Set() };
  },
};
