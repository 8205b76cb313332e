import { UserError } from "../../domain/errors.ts";
import type { ModelSpec } from "../../domain/model-spec.ts";
import type { SearchEvent } from "../../pipeline/events.ts";
import type { OnRerankFailure } from "../../pipeline/rerank-fallback.ts";
import { search, stampOf } from "../../pipeline/search.ts";
import type { ModelStamp, SearchResult } from "../../pipeline/search-result.ts";
import type { Reranker } from "../../ports/reranker.ts";
import type { ToldWork } from "../http/tell-work.ts";
import { textFreeMessage } from "../http/text-free-message.ts";
import { estimateTokens } from "../../domain/estimate-tokens.ts";
import type { RequestLimits } from "../limits.ts";
import type { Caller, ModelService, ServedModel } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";
import { serviceEmbedder, serviceReranker } from "../service/service-ports.ts";
import { failingAsOwn } from "./failing-reranker.ts";
import type { IndexView, IndexViews } from "./index-view.ts";
import { watchWork } from "./watch-work.ts";

/** What is not said is as the server's settings have it. */
export interface SearchRequest {
  readonly query: string;
  /** Results, from 1. */
  readonly limit?: number | undefined;
  /** Passages that the first stage hands over, from 1. */
  readonly candidates?: number | undefined;
  /** False keeps the first stage's order. */
  readonly rerank?: boolean | undefined;
  readonly hybrid?: boolean | undefined;
  /** Globs: see adapters/path-matcher.ts. */
  readonly paths?: readonly string[] | undefined;
  /** P(yes), 0 to 1. */
  readonly minRelevance?: number | undefined;
  readonly instruction?: string | undefined;
  readonly budgetMs?: number | undefined;
  readonly perDocument?: boolean | undefined;
  /** Whether the first stage's order is the answer when the reranker fails. */
  readonly onFailure?: OnRerankFailure | undefined;
  /** The reranker, by a name that the server knows; its own by default. */
  readonly model?: string | undefined;
}

export interface SearchAnswer {
  readonly result: SearchResult;
  /** The folder that paths are relative to. */
  readonly baseFolder: string;
  readonly work: ToldWork;
}

export interface SearchModel extends ModelStamp {
  readonly state: ServedModel["state"];
  /** Where it runs, once it is loaded. */
  readonly device: string | null;
  readonly readsInstruction: boolean;
}

/** What is searched, and with what. */
export interface SearchDescription {
  readonly documents: number;
  readonly passages: number;
  readonly models: { readonly embedder: SearchModel; readonly reranker: SearchModel };
  /** Of a request that says nothing else. */
  readonly defaults: { readonly candidates: number; readonly limit: number; readonly hybrid: boolean; readonly onFailure: OnRerankFailure };
  /** What a request may ask for. */
  readonly maxCandidates: number;
}

/** Both stages over the server's index, with models that all clients share. */
export interface SearchService {
  /**
   * When the budget or the server's time for a request is over, the best order so far is the answer, marked as partial.
   * Rejects with ServiceError: `not-found` without an index, `invalid`, `too-many`, and those of ModelService; with `onFailure` "cosine"
   * a reranker that fails gives the first stage's order instead.
   */
  search(request: SearchRequest, caller: Caller, onEvent?: (event: SearchEvent, baseFolder: string) => void): Promise<SearchAnswer>;
  /** Rejects as `search` does. */
  describe(): Promise<SearchDescription>;
  /** Searches under way end first. */
  close(): void;
}

export interface SearchServiceOptions {
  readonly models: ModelService;
  readonly views: IndexViews;
  readonly limits: RequestLimits;
  readonly defaults: SearchDescription["defaults"];
  /** Throws UserError for a glob that is none. */
  readonly matchPaths: (globs: readonly string[]) => (path: string) => boolean;
  /** One line about what an administrator has to mend; clients are told less. */
  readonly onNotice: (line: string) => void;
}

export function createSearchService(options: SearchServiceOptions): SearchService {
  const { models, views, limits, defaults, onNotice } = options;

  function rerankerOf(served: Reranker, onFailure: OnRerankFailure, { query, instruction }: SearchRequest): Reranker {
    if (onFailure === "error") return served;
    return failingAsOwn(served, (why) => onNotice(`a search is answered without its reranker ${served.spec.id}: ${textFreeMessage(why, { query, instruction })}`));
  }

  async function onView<T>(work: (view: IndexView) => Promise<T>): Promise<T> {
    try {
      return await views.use(work);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // Its words name folders of this machine.
      onNotice(error.hint === undefined ? error.message : `${error.message} (${error.hint})`);
      throw new ServiceError("unavailable", "the index cannot be searched; the server's log says why", { retryAfterSeconds: 60, cause: error });
    }
  }

  return {
    async search(request, caller, onEvent) {
      const counts = countsOf(request, defaults, limits);
      const pathFilter = pathFilterOf(request.paths ?? [], options.matchPaths);
      const enough = endOfTime(limits);
      const watched = watchWork(models);
      const onFailure = request.onFailure ?? defaults.onFailure;
      return onView(async (view) => {
        const reranker = request.rerank === false ? undefined : await models.locate(request.model, "reranker");
        const deps = {
          store: view.store,
          vectorIndex: view.vectorIndex,
          embedder: serviceEmbedder(watched.models, view.embedder, caller),
          ...(reranker && { reranker: rerankerOf(serviceReranker(watched.models, reranker, caller), onFailure, request) }),
        };
        const result = await search(request.query, deps, {
          ...counts,
          hybrid: request.hybrid ?? defaults.hybrid,
          perDocument: request.perDocument ?? false,
          ...(pathFilter && { pathFilter }),
          ...(request.minRelevance !== undefined && { minRelevance: request.minRelevance }),
          ...(request.budgetMs !== undefined && { budgetMs: request.budgetMs }),
          ...(request.instruction !== undefined && { instruction: request.instruction }),
          ...(onEvent && { onEvent: (event) => onEvent(event, view.baseFolder) }),
          onFailure,
          enough,
          signal: caller.signal,
        });
        return { result: told(result, enough, limits), baseFolder: view.baseFolder, work: watched.work(result.candidates) };
      });
    },
    describe: () =>
      onView(async ({ store, embedder }) => {
        const reranker = await models.locate(undefined, "reranker");
        const served = await models.models();
        const { documents, passages } = store.counts();
        const describedModels = { embedder: describeModel(embedder, served), reranker: describeModel(reranker, served) };
        return { documents, passages, models: describedModels, defaults, maxCandidates: limits.maxDocuments };
      }),
    close: () => views.close(),
  };
}

/** @throws ServiceError `invalid` and `too-many`. */
function countsOf(
  { query, limit, candidates }: SearchRequest,
  defaults: SearchDescription["defaults"],
  { maxDocuments, maxRequestTokens }: RequestLimits,
): { readonly candidateCount: number; readonly resultCount: number } {
  if (query.trim() === "") throw new ServiceError("invalid", "the query is empty", { param: "query" });
  const resultCount = limit ?? defaults.limit;
  // A request that shows more takes more, as on the command line.
  const candidateCount = candidates ?? Math.max(defaults.candidates, limit ?? 0);
  if (candidateCount > maxDocuments) {
    const param = candidates === undefined ? "limit" : "candidates";
    throw new ServiceError("too-many", `${candidateCount} candidates are more than a request may have: ${maxDocuments}`, { param });
  }
  const queryTokens = estimateTokens(query);
  if (queryTokens * candidateCount > maxRequestTokens) {
    const message = `the query has about ${queryTokens} tokens, which are read with each of ${candidateCount} candidates; a request may have ${maxRequestTokens}`;
    throw new ServiceError("too-many", message, { param: "query" });
  }
  return { candidateCount, resultCount };
}

function pathFilterOf(globs: readonly string[], matchPaths: SearchServiceOptions["matchPaths"]) {
  if (globs.length === 0) return undefined;
  try {
    return { globs, matches: matchPaths(globs) };
  } catch (error) {
    if (error instanceof UserError) throw new ServiceError("invalid", error.message, { param: "paths", cause: error });
    throw error;
  }
}

/** The answer has to be written before the client is told that it comes too late. */
const MOST_WRITING_MS = 1000;

function endOfTime({ deadlineMs }: RequestLimits): AbortSignal {
  return AbortSignal.timeout(Math.max(1, Math.floor(deadlineMs - Math.min(MOST_WRITING_MS, deadlineMs / 10))));
}

function told(result: SearchResult, enough: AbortSignal, { deadlineMs }: RequestLimits): SearchResult {
  if (!result.partial || !enough.aborted) return result;
  return { ...result, notices: [...result.notices, `the server gives a request ${deadlineMs / 1000} s: ${result.judged} of ${result.candidates} candidates were judged`] };
}

function describeModel(spec: ModelSpec, served: readonly ServedModel[]): SearchModel {
  const known = served.find((model) => model.spec.role === spec.role && model.spec.fingerprint === spec.fingerprint);
  return { ...stampOf(spec), state: known?.state ?? "available", device: known?.device ?? null, readsInstruction: spec.readsInstruction };
}
