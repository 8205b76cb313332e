import { Type } from "typebox";
import type { Dialect } from "../dialect.ts";
import { callerOf } from "../http/caller.ts";
import { checkDocumentCount, checkRequestTokens } from "../limits.ts";
import { ServiceError } from "../service-error.ts";
import { errorStatus } from "./rerank-error-status.ts";
import { INSTRUCTION, MODEL, optionalBoolean, optionalInteger, RETURN_DOCUMENTS, TRUNCATED } from "./rerank-fields.ts";
import { requireSome, resultCountOf, wantedModel } from "./rerank-request.ts";
import { rankTexts, scoreTexts, tellScoring } from "./rerank-scoring.ts";

const VOYAGE_REQUEST = Type.Object(
  {
    model: MODEL,
    query: Type.String(),
    documents: Type.Array(Type.String()),
    top_k: optionalInteger("How many results to answer with; absent, null or 0: all", 0),
    return_documents: RETURN_DOCUMENTS,
    truncation: optionalBoolean("Absent, null or true: documents longer than the model reads are cut; false: they are refused with 400"),
    instruction: INSTRUCTION,
  },
  { examples: [{ query: "how do I remove limescale?", documents: ["Vinegar dissolves limescale.", "Tides follow the moon."], model: "mini", top_k: 1 }] },
);

const VOYAGE_ANSWER = Type.Object({
  object: Type.Literal("list"),
  data: Type.Array(
    Type.Object({ index: Type.Integer(), relevance_score: Type.Number({ description: "From 0 to 1" }), document: Type.Optional(Type.String()), truncated: TRUNCATED }),
    { description: "Best first; equal ones by index" },
  ),
  model: Type.String(),
  usage: Type.Object({ total_tokens: Type.Integer() }),
});

const VOYAGE_ERROR = Type.Object({ detail: Type.String() });

/** Voyage's API has Jina's path and another shape: it lives under a prefix. */
export const voyageDialect: Dialect = {
  name: "voyage",
  errorAnswer: (error) => ({ status: errorStatus(error), body: { detail: error.message } }),
  register(app, { models, limits }) {
    const schema = {
      summary: "Rank documents, as Voyage does",
      tags: ["rerank"],
      body: VOYAGE_REQUEST,
      response: { 200: VOYAGE_ANSWER, "4xx": VOYAGE_ERROR, "5xx": VOYAGE_ERROR },
    } as const;
    app.post("/voyage/v1/rerank", { schema }, async (request, reply) => {
      const { model, query, documents, top_k: topK, return_documents: returnDocuments, truncation, instruction } = request.body;
      requireSome(documents, "documents");
      checkDocumentCount(documents.length, limits, "documents");
      checkRequestTokens(query, documents, limits, "documents");
      const scored = await scoreTexts(
        models,
        { model: wantedModel(model), query, texts: documents, instruction: instruction ?? undefined, refuseTruncated: truncation === false ? tooLong : undefined },
        callerOf(request),
      );
      tellScoring(reply, [scored]);
      const ranked = rankTexts(scored.judgments).slice(0, resultCountOf(topK, documents.length));
      return reply.send({
        object: "list",
        data: ranked.map(({ position, judgment }) => ({
          index: position,
          relevance_score: judgment.relevance,
          ...(returnDocuments === true && { document: documents[position] ?? "" }),
          ...(judgment.truncated && { truncated: true as const }),
        })),
        model: scored.modelName,
        usage: { total_tokens: scored.inputTokens },
      });
    });
  },
};

function tooLong(cut: number | "query"): ServiceError {
  const param = cut === "query" ? cut : `documents[${cut}]`;
  return new ServiceError("invalid", `${param} is longer than the model reads; send truncation: true to have it cut`, { param });
}
