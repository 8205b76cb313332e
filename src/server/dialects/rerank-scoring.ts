import type { FastifyReply } from "fastify";
import type { Judgment } from "../../domain/candidate.ts";
import { tellWork } from "../http/tell-work.ts";
import type { Caller, ModelService, ScoreReply, ScoreRequest } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";
import { openAbortScope } from "../service/abort-scope.ts";

export interface RankedText {
  /** In the request, from 0. */
  readonly position: number;
  readonly judgment: Judgment;
}

/** Best first; equal ones as they were given. By logit: relevance saturates at 1. */
export function rankTexts(judgments: readonly Judgment[]): RankedText[] {
  const ranked = judgments.map((judgment, position) => ({ position, judgment }));
  return ranked.sort((a, b) => b.judgment.logit - a.judgment.logit || a.position - b.position);
}

/** @param rawScores whether a logit is wanted, not a relevance. */
export function scoreOf({ logit, relevance }: Judgment, rawScores: boolean | null | undefined): number {
  return rawScores === true ? logit : relevance;
}

/** @param cut the text's position, from 0, or the query. */
type ErrorForCut = (cut: number | "query") => ServiceError;

interface Scoring extends ScoreRequest {
  /** Ends the work with this error as soon as a text, or the query, is longer than the model reads. */
  readonly refuseTruncated?: ErrorForCut | undefined;
}

/** @throws ServiceError, `model-failed` for what no order can be built on. */
export async function scoreTexts(models: Pick<ModelService, "score">, { refuseTruncated, ...request }: Scoring, caller: Caller): Promise<ScoreReply> {
  const reply = refuseTruncated === undefined ? await models.score(request, caller) : await scoreWhole(models, request, refuseTruncated, caller);
  if (!reply.judgments.every(({ logit, relevance }) => Number.isFinite(logit) && Number.isFinite(relevance))) {
    throw new ServiceError("model-failed", "the model answered what no order can be built on");
  }
  return reply;
}

async function scoreWhole(models: Pick<ModelService, "score">, request: ScoreRequest, errorFor: ErrorForCut, caller: Caller): Promise<ScoreReply> {
  const refusal = openAbortScope(caller.signal);
  const judged = models.score(
    {
      ...request,
      onQueryTruncated: () => refusal.abort(errorFor("query")),
      onJudgment: (position, { truncated }) => truncated && refusal.abort(errorFor(position)),
    },
    { ...caller, signal: refusal.signal },
  );
  const reply = await judged.finally(() => refusal.release());
  if (reply.queryTruncated) throw errorFor("query");
  const position = reply.judgments.findIndex(({ truncated }) => truncated);
  if (position !== -1) throw errorFor(position);
  return reply;
}

/** Tells in the response's headers what one or more calls cost, and of how many texts and queries only the beginning was read. */
export function tellScoring(reply: FastifyReply, scored: readonly ScoreReply[]): void {
  const [first] = scored;
  if (first === undefined) return;
  // A request may have a hundred thousand groups, which are more than a call takes as arguments.
  const queueMs = scored.reduce((least, work) => Math.min(least, work.queueMs), first.queueMs);
  const endMs = scored.reduce((latest, work) => Math.max(latest, work.queueMs + work.inferenceMs), 0);
  const judgments = scored.flatMap((work) => work.judgments);
  tellWork(reply, {
    modelName: first.modelName,
    queueMs,
    // The calls of one request run beside each other.
    inferenceMs: endMs - queueMs,
    inputTokens: sumOf(scored, ({ inputTokens }) => inputTokens),
    cachedCount: sumOf(scored, ({ cachedCount }) => cachedCount),
    textCount: judgments.length,
  });
  const truncatedCount = judgments.filter(({ truncated }) => truncated).length;
  if (truncatedCount > 0) void reply.header("x-truncated-documents", String(truncatedCount));
  const cutQueries = scored.filter(({ queryTruncated }) => queryTruncated).length;
  if (cutQueries > 0) void reply.header("x-truncated-query", String(cutQueries));
}

function sumOf<Item>(items: readonly Item[], valueOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + valueOf(item), 0);
}

/** One request never takes the whole queue: so many of its calls wait or run at a time. */
const CALLS_AT_A_TIME = 4;

/** Runs one call for each group of texts, some at a time, in order; the first rejection ends the others. */
export async function scoreGroups<Group, Result>(groups: readonly Group[], caller: Caller, score: (group: Group, caller: Caller) => Promise<Result>): Promise<Result[]> {
  const failure = openAbortScope(caller.signal);
  const shared = { ...caller, signal: failure.signal };
  const results: Result[] = [];
  let next = 0;
  async function work(): Promise<void> {
    for (let position = next++; position < groups.length; position = next++) {
      // `position` is below the length.
      results[position] = await score(groups[position]!, shared);
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(CALLS_AT_A_TIME, groups.length) }, work));
  } catch (error) {
    failure.abort(error);
    throw error;
  } finally {
    failure.release();
  }
  return results;
}
