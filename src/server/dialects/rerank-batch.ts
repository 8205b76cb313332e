import type { FastifyReply, FastifyRequest } from "fastify";
import { Type, type Static } from "typebox";
import type { AppServices } from "../create-app.ts";
import { callerOf } from "../http/caller.ts";
import { checkDocumentCount } from "../limits.ts";
import type { ScoreReply } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";
import { MODEL, optionalInteger, RAW_SCORES, type GivenDocument } from "./rerank-fields.ts";
import { agreedOn, checkPairTokens, readDocuments, requireSome, resultCountOf, wantedModel } from "./rerank-request.ts";
import { scoreGroups, scoreTexts, tellScoring } from "./rerank-scoring.ts";
import { TUTORIAL_ANSWER, tutorialAnswer } from "./rerank-tutorial.ts";

/** Pairs are checked one by one, so that a bad one spoils nothing but itself. */
export const BATCH_REQUEST = Type.Object(
  {
    model: MODEL,
    pairs: Type.Array(Type.Unknown(), { description: "Each {query, documents, instruction?, top_k?}" }),
    top_k: optionalInteger("How many documents each pair's ranking has, where the pair does not say; absent, null or 0: all", 0),
    raw_scores: RAW_SCORES,
  },
  { examples: [{ pairs: [{ query: "limescale", documents: ["Vinegar dissolves limescale.", "Tides follow the moon."] }] }] },
);

const BAD_PAIR = Type.Object({
  query: Type.Optional(Type.String()),
  error: Type.String(),
  param: Type.Union([Type.String(), Type.Null()]),
});

export const BATCH_ANSWER = Type.Object({
  results: Type.Array(Type.Union([Type.Object({ query: Type.String(), ...TUTORIAL_ANSWER.properties }), BAD_PAIR]), { description: "In the order of the pairs" }),
});

interface Pair {
  readonly query: string;
  readonly texts: readonly string[];
  readonly instruction: string | undefined;
  readonly resultCount: number;
}

type BadPair = Static<typeof BAD_PAIR>;

/** @throws ServiceError for what is wrong with the whole request, or with the server. */
export async function answerBatch(body: Static<typeof BATCH_REQUEST>, request: FastifyRequest, reply: FastifyReply, { models, limits }: AppServices): Promise<Static<typeof BATCH_ANSWER>> {
  requireSome(body.pairs, "pairs");
  checkDocumentCount(body.pairs.length, limits, "pairs");
  const pairs = body.pairs.map((pair, position) => readPairOrError(pair, body.top_k, `pairs[${position}]`));
  const good = pairs.filter((pair): pair is Pair => !("error" in pair));
  const documentCount = good.reduce((sum, { texts }) => sum + texts.length, 0);
  if (documentCount > limits.maxDocuments) {
    throw new ServiceError("too-many", `pairs hold ${documentCount} documents; a request may have ${limits.maxDocuments}`, { param: "pairs" });
  }
  checkPairTokens(good, limits, "pairs");
  const model = wantedModel(body.model);
  const scored: ScoreReply[] = [];
  const results = await scoreGroups(pairs, callerOf(request), async (pair, caller) => {
    if ("error" in pair) return pair;
    const { query, texts, instruction, resultCount } = pair;
    try {
      const work = await scoreTexts(models, { model, query, texts, instruction }, caller);
      scored.push(work);
      return { query, ...tutorialAnswer(work.judgments, texts, resultCount, body.raw_scores) };
    } catch (error) {
      // Whatever else fails would fail the other pairs too, and a client has to see its status to try again.
      if (error instanceof ServiceError && (error.kind === "model-failed" || error.kind === "invalid")) return badPair(error, query);
      throw error;
    }
  });
  tellScoring(reply, scored);
  return { results };
}

function badPair({ message, param }: ServiceError, query: unknown): BadPair {
  return { ...(typeof query === "string" && { query }), error: message, param: param ?? null };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readPairOrError(pair: unknown, topK: number | null | undefined, param: string): Pair | BadPair {
  try {
    return readPair(pair, topK, param);
  } catch (error) {
    if (error instanceof ServiceError) return badPair(error, isObject(pair) ? pair["query"] : undefined);
    throw error;
  }
}

function readPair(pair: unknown, topK: number | null | undefined, param: string): Pair {
  if (!isObject(pair)) throw invalid(param, "must be an object");
  const { query, documents } = pair;
  if (typeof query !== "string") throw invalid(`${param}.query`, "must be a string");
  if (!Array.isArray(documents)) throw invalid(`${param}.documents`, "must be an array");
  if (documents.length === 0) throw invalid(`${param}.documents`, "must not be empty");
  const given = documents.map((document: unknown, position): GivenDocument => {
    if (typeof document === "string" || isObject(document)) return document;
    throw invalid(`${param}.documents[${position}]`, "must be a string or an object");
  });
  const instruction = agreedOn([`${param}.instruction`, `${param}.instruct`], maybeString(pair, "instruction", param), maybeString(pair, "instruct", param));
  const resultCount = resultCountOf(maybeCount(pair, "top_k", param) ?? topK, documents.length);
  return { query, texts: readDocuments(given, undefined, `${param}.documents`), instruction, resultCount };
}

function maybeString(pair: Readonly<Record<string, unknown>>, name: string, param: string): string | undefined {
  const value = pair[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw invalid(`${param}.${name}`, "must be a string");
}

function maybeCount(pair: Readonly<Record<string, unknown>>, name: string, param: string): number | undefined {
  const value = pair[name] ?? undefined;
  if (value === undefined || (typeof value === "number" && Number.isInteger(value) && value >= 0)) return value;
  throw invalid(`${param}.${name}`, "must be a whole number, 0 or more");
}

function invalid(param: string, what: string): ServiceError {
  return new ServiceError("invalid", `${param} ${what}`, { param });
}
