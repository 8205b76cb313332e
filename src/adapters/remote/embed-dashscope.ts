import { countOf, type EmbedDialect, inOrder, member } from "./embed-dialect.ts";

/**
 * DashScope's own route: unlike the compatible one it is told which side a text stands on (`text_type`), and text-embedding-v4 what is
 * searched for (`instruct`).
 */
export const DASHSCOPE_EMBED: EmbedDialect = {
  path: "/api/v1/services/embeddings/text-embedding/text-embedding",
  requestBody: ({ texts, use, side, model, dimensions }) => ({
    ...(model !== undefined && { model }),
    input: { texts },
    parameters: {
      ...(side !== undefined && { text_type: use === "query" ? "query" : "document" }),
      ...(use === "query" && side?.instruction !== undefined && { instruct: side.instruction }),
      ...(dimensions !== undefined && { dimension: dimensions }),
    },
  }),
  readAnswer(json, { texts }) {
    const { vectors } = inOrder(member(member(json, "output"), "embeddings"), texts.length, { indexName: "text_index", vectorName: "embedding" });
    return { vectors, tokens: countOf(member(member(json, "usage"), "total_tokens")), truncated: new Set() };
  },
};
