import { generationFolder, type IndexHome } from "../../adapters/index-home.ts";
import { UserError } from "../../domain/errors.ts";
import type { AgentCall, AgentFailure, AgentModel, AgentServices, AgentStatus } from "../../mcp/agent-services.ts";
import { rank } from "../../pipeline/rank.ts";
import type { Staleness } from "../../pipeline/index-status.ts";
import { checkDocumentCount, checkRequestTokens } from "../../server/limits.ts";
import type { Caller } from "../../server/model-service.ts";
import type { ToldWork } from "../../server/http/tell-work.ts";
import type { IndexView } from "../../server/search/index-view.ts";
import { searchRequestOf } from "../../server/search/search-body.ts";
import type { SearchModel } from "../../server/search/search-service.ts";
import { servedPath } from "../../server/search/served-record.ts";
import { watchWork } from "../../server/search/watch-work.ts";
import { ServiceError } from "../../server/service-error.ts";
import { openAbortScope } from "../../server/service/abort-scope.ts";
import { serviceReranker } from "../../server/service/service-ports.ts";
import { indexStaleness, indexState } from "../index-state.ts";
import type { OpenedServices } from "../serve/open-services.ts";
import type { AgentDefaults } from "./agent-defaults.ts";
import { findDocument, NotInIndex, placeOf } from "./find-document.ts";

export interface AgentServicesOptions {
  readonly services: Pick<OpenedServices, "models" | "search" | "views" | "limits">;
  readonly defaults: AgentDefaults;
  /** Where the index lies whose views those are. */
  readonly indexHome: () => IndexHome | undefined;
  /** Who asks, and until when. */
  readonly caller: Caller;
  readonly isLocal: boolean;
  readonly describeFailure: (error: unknown) => AgentFailure;
  /** One line about what the client is told less of: it names folders. */
  readonly onNotice?: (line: string) => void;
  /** What a call has cost. */
  readonly onWork?: (work: ToldWork) => void;
}

/** A folder with so many files that listing them takes longer is told to be of unknown freshness. */
const LOOKING_MS = 5000;

/** A server's models and index as the tools want them, on behalf of one client. */
export function createAgentServices({ services, defaults, indexHome, caller, isLocal, describeFailure, onNotice, onWork }: AgentServicesOptions): AgentServices {
  const { models, search, views, limits } = services;

  /** A call ends when it is cancelled, and when its client leaves. */
  async function during<T>({ signal }: AgentCall, work: (caller: Caller) => Promise<T>): Promise<T> {
    const scope = openAbortScope(signal, caller.signal);
    try {
      scope.signal.throwIfAborted();
      return await work({ client: caller.client, signal: scope.signal });
    } finally {
      scope.release();
    }
  }

  async function onView<T>(work: (view: IndexView) => Promise<T>): Promise<T> {
    try {
      return await views.use(work);
    } catch (error) {
      if (!(error instanceof UserError) || error instanceof NotInIndex) throw error;
      onNotice?.(error.hint === undefined ? error.message : `${error.message} (${error.hint})`);
      // Whoever may know of folders finds them in the cause.
      throw new ServiceError("unavailable", "the index cannot be read; the server's log says why", { cause: error });
    }
  }

  return {
    defaults,
    describeFailure,

    search: (wish, call) =>
      during(call, async (asking) => {
        const { query, limit, candidates, rerank, hybrid, paths, minRelevance, instruction, budgetMs } = wish;
        const request = searchRequestOf({
          query,
          limit,
          ...(candidates !== undefined && { candidates }),
          ...(rerank !== undefined && { rerank }),
          ...(hybrid !== undefined && { hybrid }),
          ...(paths !== undefined && { paths: [...paths] }),
          ...(minRelevance !== undefined && { min_relevance: minRelevance }),
          ...(instruction !== undefined && { instruction }),
          budget_ms: budgetMs,
        });
        const { result, baseFolder, work } = await search.search(request, asking, call.onEvent);
        onWork?.(work);
        return { result, placeOf: (path) => placeOf(path, { baseFolder, isLocal }) };
      }),

    rank: (wish, call) =>
      during(call, async (asking) => {
        const { query, documents, limit, budgetMs, instruction, minRelevance } = wish;
        checkDocumentCount(documents.length, limits, "documents");
        checkRequestTokens(query, documents, limits, "documents");
        const watched = watchWork(models);
        const reranker = serviceReranker(watched.models, await models.locate(undefined, "reranker"), asking);
        const passages = documents.map((text) => ({ path: "", headings: [], text, location: { startLine: 1, endLine: 1 } }));
        const result = await rank(query, passages, reranker, {
          resultCount: limit,
          budgetMs,
          ...(instruction !== undefined && { instruction }),
          ...(minRelevance !== undefined && { minRelevance }),
          signal: asking.signal,
          onEvent: call.onEvent,
        });
        onWork?.(watched.work(documents.length));
        return result;
      }),

    document: (wanted, call) =>
      during(call, () =>
        onView(async ({ store, baseFolder }) => {
          const view = { baseFolder, isLocal };
          const { storedPath, passages, position } = findDocument(store, wanted, view);
          return { ...placeOf(storedPath, view), passages, position };
        }),
      ),

    status: (call) =>
      during(call, async ({ signal }) => {
        const { models: used, defaults: usual } = await search.describe();
        return onView(async (view) => {
          const { candidates, hybrid } = usual;
          const described = { models: { embedder: modelOf(used.embedder), reranker: modelOf(used.reranker) }, candidates, hybrid };
          return { ...described, ...describeView(view, indexHome(), isLocal), staleness: await lookForChanges(view, signal) };
        });
      }),
  };
}

function describeView({ baseFolder, manifest, store }: IndexView, home: IndexHome | undefined, isLocal: boolean): Omit<AgentStatus, "models" | "candidates" | "hybrid" | "staleness"> {
  const { documents, passages } = store.counts();
  const { storeBytes, hnswBytes } = home === undefined ? { storeBytes: 0, hnswBytes: 0 } : indexState(home, { store, manifest, folder: generationFolder(home) });
  return {
    baseFolder: isLocal ? baseFolder : null,
    roots: manifest.roots.map(({ path }) => servedPath(path, baseFolder) || "."),
    documents,
    passages,
    dimensions: manifest.dimensions,
    createdAt: manifest.createdAt,
    sizeBytes: storeBytes + (hnswBytes ?? 0),
  };
}

async function lookForChanges({ baseFolder, manifest, store }: IndexView, signal: AbortSignal): Promise<Staleness | null> {
  const late = AbortSignal.timeout(LOOKING_MS);
  try {
    const staleness = await indexStaleness(baseFolder, { store, manifest }, AbortSignal.any([signal, late]));
    return { ...staleness, missingRoots: staleness.missingRoots.map((path) => servedPath(path, baseFolder)) };
  } catch (error) {
    if (late.aborted && !signal.aborted) return null;
    throw error;
  }
}

function modelOf({ id, precision, state, device }: SearchModel): AgentModel {
  return { id, precision, state, device };
}
