import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { copyToClipboard } from "../../adapters/clipboard.ts";
import { openDocument } from "../../adapters/open-document.ts";
import { openQueryHistory, type QueryHistory } from "../../adapters/query-history.ts";
import type { HubSettings, Settings } from "../../config/settings-table.ts";
import { stateFolder } from "../../config/state-folder.ts";
import type { Passage } from "../../domain/passage.ts";
import type { ModelSpec } from "../../domain/model-spec.ts";
import { search, type SearchOptions } from "../../pipeline/search.ts";
import { weighSentences } from "../../pipeline/weigh-sentences.ts";
import type { Reranker } from "../../ports/reranker.ts";
import type { Neighbours, RunningSearch, ScreenModel, ScreenModels, ScreenRequest, ScreenServices } from "../../ui/screen-services.ts";
import { openLocator, type OpenedIndex } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { startSettings, locateReranker } from "../locate-models.ts";
import { checkQuery } from "../query-input.ts";
import { modelsOfServer } from "../running-server.ts";
import { searchOptions } from "../search-options.ts";
import type { NoticeBoard } from "./notice-board.ts";
import { createRerankerPool, type RerankerPool } from "./reranker-pool.ts";
import { saveSession } from "./save-session.ts";
import type { ScreenTerminal } from "./screen-terminal.ts";
import { startModels } from "../start-models.ts";

export interface ScreenServicesOptions {
  /** With its reranker. */
  readonly index: OpenedIndex & { readonly reranker: Reranker };
  readonly settings: Settings;
  readonly hub: HubSettings;
  readonly context: Pick<CommandContext, "cwd" | "environment" | "signal">;
  readonly board: NoticeBoard;
  readonly terminal: Pick<ScreenTerminal, "write" | "lend">;
  /** What the header calls the index; by default its folder's name. */
  readonly name?: string | undefined;
}

/** The services of a session, and what the session itself asks of them. */
export interface OpenedServices extends ScreenServices {
  /** The last search that was asked for. */
  lastRequest(): ScreenRequest | undefined;
  isSearching(): boolean;
  /** Resolves when what was to be kept is kept, and the processes that were started have ended. */
  close(): Promise<void>;
}

/** All that the screen asks of the world, for an index that is open. */
export async function openScreenServices(options: ScreenServicesOptions): Promise<OpenedServices> {
  const { index, settings, context, board, terminal } = options;
  const { cwd, environment: env, signal } = context;
  const { baseFolder } = index.home;
  const { documents, passages } = index.store.counts();
  const history = openHistory(options);
  const rerankers = openRerankers(options);
  const devices = new Map<string, string>();
  const running = new Set<RunningSearch>();
  let lastRequest: ScreenRequest | undefined;
  let historyProblem: string | undefined;
  let remembered: Promise<void> = Promise.resolve();

  /** A history that does not work is no reason to do without a screen, and is told once. */
  function tellHistoryProblem(error: unknown): void {
    if (historyProblem === undefined) board.tell(`the history of queries is not kept: ${(error as Error).message}`);
    historyProblem = (error as Error).message;
  }

  const earlier = await history?.read().catch(tellHistoryProblem);
  const modelOf = ({ id, precision, fingerprint }: ModelSpec): ScreenModel => ({ id, precision, device: devices.get(fingerprint) ?? null });
  const models = (): ScreenModels => ({ embedder: modelOf(index.embedder.spec), reranker: modelOf(rerankers.current().spec) });

  async function loaded(): Promise<ScreenModels> {
    const { spec, inference } = rerankers.current();
    const [embedderLoad, rerankerLoad] = await Promise.all([index.inference.loaded("embedder"), inference.loaded("reranker")]);
    devices.set(index.embedder.spec.fingerprint, embedderLoad.device);
    devices.set(spec.fingerprint, rerankerLoad.device);
    return models();
  }

  return {
    index: { name: options.name ?? (basename(baseFolder) || baseFolder), documents, passages, history: earlier ?? [] },
    onNotice: (listener) => board.listen(listener),
    models,
    loaded,
    search(request, onEvent) {
      const stop = new AbortController();
      const enough = new AbortController();
      lastRequest = request;
      const { reranker } = rerankers.current().inference;
      const run = async () => {
        checkQuery(request.query, "search");
        const until = AbortSignal.any([stop.signal, signal]);
        return search(request.query, { ...index, reranker }, { ...optionsOf(request, settings), signal: until, enough: enough.signal, onEvent });
      };
      const started: RunningSearch = {
        result: run().finally(() => running.delete(started)),
        finishNow: () => enough.abort(),
        cancel: () => stop.abort(new Error("the search was cancelled")),
      };
      // A search that was thrown away has nobody who waits for its end.
      started.result.catch(() => {});
      running.add(started);
      return started;
    },
    weighSentences: ({ query, instruction }, passage, stop) =>
      weighSentences(query, passage, rerankers.current().inference.reranker, { ...(instruction !== undefined && { instruction }), signal: stop }),
    neighbours: (passage) => neighboursOf(passage, index.store.passagesOfDocument(passage.path)),
    otherRerankers: () => rerankers.others(),
    async changeReranker(name) {
      await rerankers.change(name);
      return loaded();
    },
    remember(query) {
      if (history === undefined || historyProblem !== undefined) return;
      remembered = history.add(query).catch(tellHistoryProblem);
    },
    open({ passage: { path, location } }) {
      // Lines within a page of a PDF are no lines of the file.
      const line = location.page === undefined ? location.startLine : undefined;
      return openDocument(resolve(baseFolder, path), line, { env, platform: process.platform, withTerminal: terminal.lend });
    },
    copy: (text) => copyToClipboard(text, { env, platform: process.platform, writeToTerminal: terminal.write }),
    save: (results) => saveSession(results, { baseFolder, cwd }),
    lastRequest: () => lastRequest,
    isSearching: () => running.size > 0,
    async close() {
      for (const each of running) each.cancel();
      await Promise.all([remembered, rerankers.close()]);
    },
  };
}

function openHistory({ settings, context }: ScreenServicesOptions): QueryHistory | undefined {
  if (!settings.history) return undefined;
  return openQueryHistory(join(stateFolder(context.environment, homedir(), process.platform), "history"));
}

function openRerankers({ index, settings, hub, context, board }: ScreenServicesOptions): RerankerPool {
  // Without a compiler: what is not ready is not offered.
  const locator = openLocator(hub, context.cwd, { settings });
  return createRerankerPool({
    own: { spec: index.reranker.spec, inference: index.inference },
    locator,
    locate: (name) => locateReranker(locator, name, settings),
    start: (spec) => startModels({ reranker: spec, ...startSettings(settings), ...modelsOfServer(settings, context.environment), onNotice: (line) => board.tell(line) }),
  });
}

/** Several globs stand in one line, with a comma and a space between them: a comma alone is part of a glob such as "*.{md,txt}". */
const GLOB_SEPARATOR = ", ";

export function joinGlobs(globs: readonly string[]): string | undefined {
  return globs.length === 0 ? undefined : globs.join(GLOB_SEPARATOR);
}

function splitGlobs(line: string): string[] {
  return line
    .split(GLOB_SEPARATOR)
    .map((glob) => glob.trim())
    .filter((glob) => glob !== "");
}

/** All candidates come back: the screen shows both orders whole. */
function optionsOf({ candidateCount, instruction, pathGlob, budgetMs }: ScreenRequest, settings: Settings): SearchOptions {
  return searchOptions({
    ...settings,
    candidates: candidateCount,
    limit: candidateCount,
    minRelevance: undefined,
    perDocument: false,
    instruct: instruction,
    paths: pathGlob === undefined ? [] : splitGlobs(pathGlob),
    budget: budgetMs,
  });
}

function neighboursOf({ id }: Passage, passages: readonly Passage[]): Neighbours {
  const position = passages.findIndex((passage) => passage.id === id);
  // The index may have been built anew since the search.
  if (position === -1) return { before: [], after: [] };
  return { before: passages.slice(0, position), after: passages.slice(position + 1) };
}
