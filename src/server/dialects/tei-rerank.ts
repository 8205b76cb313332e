import type { FastifyReply, FastifyRequest } from "fastify";
import { Type, type Static } from "typebox";
import type { AppServices } from "../create-app.ts";
import { callerOf } from "../http/caller.ts";
import { checkDocumentCount, checkRequestTokens } from "../limits.ts";
import { ServiceError } from "../service-error.ts";
import { MODEL, optionalBoolean, optionalString, RAW_SCORES } from "./rerank-fields.ts";
import { wantedModel } from "./rerank-request.ts";
import { rankTexts, scoreOf, scoreTexts, tellScoring } from "./rerank-scoring.ts";
import { AUTO_TRUNCATE } from "./tei-embed-schemas.ts";
import { EmptyInputError } from "./tei-errors.ts";

/** text-embeddings-inference has no `model`; here it chooses among those of the server. */
export const TEI_FIELDS = {
  model: MODEL,
  query: Type.String({ description: "What is asked" }),
  truncate: optionalBoolean("Absent, null or true: texts longer than the model reads are cut, as TEI does since 1.9; false: they are refused with 422"),
  truncation_direction: optionalString('"right"; "left" is refused'),
  raw_scores: RAW_SCORES,
  return_text: optionalBoolean("Whether each result repeats its text"),
} as const;

export const TEI_REQUEST = Type.Object({ ...TEI_FIELDS, texts: Type.Array(Type.String()) });
export type TeiRequest = Static<typeof TEI_REQUEST>;

export const TEI_ANSWER = Type.Array(Type.Object({ index: Type.Integer(), text: Type.Optional(Type.String()), score: Type.Number() }), {
  description: "Best first; equal ones by index",
  examples: [[{ index: 0, score: 0.97 }]],
});

/** @throws ServiceError. */
export async function answerTei(body: TeiRequest, request: FastifyRequest, reply: FastifyReply, { models, limits }: AppServices): Promise<Static<typeof TEI_ANSWER>> {
  const { query, texts, truncate, truncation_direction: direction, raw_scores: rawScores, return_text: returnText } = body;
  if (texts.length === 0) throw new EmptyInputError("texts");
  checkDirection(direction);
  checkDocumentCount(texts.length, limits, "texts");
  checkRequestTokens(query, texts, limits, "texts");
  const refuseTruncated = (truncate ?? AUTO_TRUNCATE) ? undefined : tooLong;
  const scored = await scoreTexts(models, { model: wantedModel(body.model), query, texts, refuseTruncated }, callerOf(request));
  tellScoring(reply, [scored]);
  return rankTexts(scored.judgments).map(({ position, judgment }) => ({
    index: position,
    ...(returnText === true && { text: texts[position] ?? "" }),
    score: scoreOf(judgment, rawScores),
  }));
}

/** TEI spells them "Left" and "Right", and takes other cases. */
function checkDirection(direction: string | null | undefined): void {
  const name = direction?.toLowerCase() ?? "right";
  if (name === "right") return;
  const message = name === "left" ? "texts are cut at their end: truncation_direction `left` is not supported" : "truncation_direction must be `left` or `right`";
  throw new ServiceError("invalid", message, { param: "truncation_direction" });
}

function tooLong(cut: number | "query"): ServiceError {
  const param = cut === "query" ? cut : `texts[${cut}]`;
  return new ServiceError("invalid", `Input validation error: \`${param}\` is longer than the model reads; send \`truncate\`: true to have it cut`, { param });
}
