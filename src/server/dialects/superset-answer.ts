import type { FastifyReply, FastifyRequest } from "fastify";
import type { Static } from "typebox";
import type { AppServices } from "../create-app.ts";
import { callerOf } from "../http/caller.ts";
import { checkDocumentCount, checkRequestTokens } from "../limits.ts";
import type { ScoreReply } from "../model-service.ts";
import type { GivenDocument } from "./rerank-fields.ts";
import { agreedOn, maxTextTokensOf, readDocuments, requireSome, resultCountOf, wantedModel } from "./rerank-request.ts";
import { rankTexts, scoreOf, scoreTexts, tellScoring } from "./rerank-scoring.ts";
import type { SUPERSET_ANSWER, SUPERSET_REQUEST } from "./superset-schemas.ts";

export type SupersetRequest = Static<typeof SUPERSET_REQUEST>;
export type SupersetAnswer = Static<typeof SUPERSET_ANSWER>;

/** A superset's request that was judged, for whichever shape the answer has. */
export interface JudgedRequest {
  readonly texts: readonly string[];
  readonly resultCount: number;
  readonly scored: ScoreReply;
}

/** Checks the request, has it judged, and tells its cost in the headers. @throws ServiceError. */
export async function judgeSuperset(body: SupersetRequest, request: FastifyRequest, reply: FastifyReply, { models, limits }: AppServices): Promise<JudgedRequest> {
  requireSome(body.documents, "documents");
  checkDocumentCount(body.documents.length, limits, "documents");
  const instruction = agreedOn(["instruction", "instruct"], body.instruction, body.instruct);
  const resultCount = resultCountOf(agreedOn(["top_n", "top_k"], body.top_n, body.top_k), body.documents.length);
  const maxTextTokens = maxTextTokensOf(body.max_tokens_per_doc, body.truncate_prompt_tokens);
  const texts = readDocuments(body.documents, body.rank_fields);
  checkRequestTokens(body.query, texts, limits, "documents");
  const scored = await scoreTexts(models, { model: wantedModel(body.model), query: body.query, texts, instruction, maxTextTokens }, callerOf(request));
  tellScoring(reply, [scored]);
  return { texts, resultCount, scored };
}

/** @param apiVersion "2" where Cohere's newer clients ask, else "1". */
export function supersetAnswer(body: SupersetRequest, { texts, resultCount, scored }: JudgedRequest, id: string, apiVersion: "1" | "2"): SupersetAnswer {
  const { judgments, inputTokens, modelName } = scored;
  const results = rankTexts(judgments).slice(0, resultCount);
  return {
    id,
    object: "list",
    model: modelName,
    created: Math.floor(Date.now() / 1000),
    results: results.map(({ position, judgment }) => ({
      index: position,
      relevance_score: scoreOf(judgment, body.raw_scores),
      ...(body.return_documents === true && { document: repeated(body.documents[position], texts[position] ?? "") }),
      ...(judgment.truncated && { truncated: true as const }),
    })),
    usage: { prompt_tokens: inputTokens, completion_tokens: 0, total_tokens: inputTokens },
    meta: {
      api_version: { version: apiVersion },
      billed_units: { search_units: Math.ceil(texts.length / 100) },
      tokens: { input_tokens: inputTokens, output_tokens: 0 },
    },
  };
}

/** The document as it was given; `text` is what was read of an object whose own is none, or a number. */
function repeated(document: GivenDocument | undefined, text: string): Record<string, unknown> {
  if (typeof document !== "object") return { text };
  return { ...document, text: typeof document["text"] === "string" ? document["text"] : text };
}
