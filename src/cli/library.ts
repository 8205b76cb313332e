import { homedir } from "node:os";
import { requireIndexHome } from "../adapters/index-home.ts";
import { pathMatcher } from "../adapters/path-matcher.ts";
import { readEnvironment } from "../config/environment.ts";
import { refuseTelemetry } from "../config/telemetry.ts";
import { resolveSettings } from "../config/resolve-settings.ts";
import type { Settings } from "../config/settings-table.ts";
import { rank, type InputPassage, type RankOptions } from "../pipeline/rank.ts";
import { search, type SearchOptions } from "../pipeline/search.ts";
import type { IndexEvent } from "../pipeline/events.ts";
import type { IndexReport } from "../pipeline/index-report.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import type { IndexManifest, StoreCounts } from "../ports/passage-store.ts";
import { openIndexAt, openLocator } from "./compose.ts";
import { openIndexSession } from "./index-session.ts";
import { startSettings, locateReranker, modelNames } from "./locate-models.ts";
import { approveSending } from "./remote-approval.ts";
import type { RemoteSettings } from "./remote-settings.ts";
import { startModels } from "./start-models.ts";

/** Which models run, and how. What is left out comes from the environment and the user's configuration, as for the command. */
export interface OpenIndexSettings extends Partial<RemoteSettings> {
  /** A preset pair, or "embedder+reranker". Default: what the index was built with. */
  readonly models?: string;
  readonly embedder?: string;
  readonly reranker?: string;
  /** Threads of the models; 0 = one for each physical core. */
  readonly threads?: number;
  /** Where models run. Default: "auto". */
  readonly device?: Settings["device"];
  /** What Qwen3 models are compiled to. Default: "auto". */
  readonly precision?: Settings["precision"];
  /** Tokens that the embedder reads of a text. Default: as many as when the index was built. */
  readonly embedTokens?: number;
  /** Tokens that the reranker reads of query and passage. */
  readonly rerankTokens?: number;
  /** Passages that are too long for the reranker. Default: "truncate". */
  readonly longDocuments?: Settings["longDocuments"];
  /** What Qwen3 rerankers read between instruction, query and passage. Default: "newline". */
  readonly promptSeparator?: Settings["promptSeparator"];
  /** How the first stage looks for neighbours. Default: "auto". */
  readonly recall?: "auto" | "hnsw" | "exact";
  /** One line each about what is not as asked for: fallbacks, ignored settings. Default: nobody is told. */
  readonly onNotice?: (line: string) => void;
}

/** `SearchOptions` with defaults, and globs for the path filter. */
export type LibrarySearchOptions = Partial<Omit<SearchOptions, "pathFilter">> & {
  /** Only documents whose path matches one of these globs. */
  readonly paths?: readonly string[];
  /** `false`: the first stage's order is the final one. */
  readonly rerank?: boolean;
};

export interface OpenIndex {
  /** The folder that documents' paths are relative to. */
  readonly baseFolder: string;
  readonly manifest: IndexManifest;
  counts(): StoreCounts;
  /**
   * Both stages for one query; several may be under way at once, and the models take their texts in turn.
   * @throws UserError for an empty query and for models that answer NaN; `signal.reason` when aborted.
   */
  search(query: string, options?: LibrarySearchOptions): Promise<SearchResult>;
  /** Ends the model process. The index cannot be used after it. */
  close(): Promise<void>;
}

/**
 * Opens the index that serves a folder: the nearest `.rerank/` from it upwards. Models load in a child process, which does
 * not keep the program alive.
 *
 * @throws UserError when there is no index, its embedder is not on this machine, or it was built with another one.
 */
export async function openIndex(folder: string, settings: OpenIndexSettings = {}): Promise<OpenIndex> {
  refuseTelemetry();
  const { settings: resolved, hub } = await resolve(folder, { ...settings });
  const home = requireIndexHome(folder, undefined);
  const index = await openIndexAt(home, {
    settings: resolved,
    hub,
    cwd: folder,
    rerank: true,
    onNotice: settings.onNotice ?? (() => {}),
  });
  return {
    baseFolder: home.baseFolder,
    manifest: index.manifest,
    counts: () => index.store.counts(),
    async search(query, { paths = [], rerank = true, ...options } = {}) {
      const { reranker, ...withoutReranker } = index;
      return search(query, rerank && reranker ? index : withoutReranker, {
        candidateCount: Math.max(resolved.candidates, options.resultCount ?? 0),
        resultCount: resolved.limit,
        ...options,
        ...(paths.length > 0 && { pathFilter: { globs: paths, matches: pathMatcher(paths) } }),
      });
    },
    close: () => index.close(),
  };
}

export interface OpenReranker {
  /** Orders passages that came from elsewhere. `similarity` is `null` in the results. */
  rank(query: string, passages: readonly (string | InputPassage)[], options?: Partial<RankOptions>): Promise<SearchResult>;
  close(): Promise<void>;
}

/** Opens a reranker without an index: the second stage for any other first stage. */
export async function openReranker(settings: Omit<OpenIndexSettings, "embedder" | "embedTokens" | "recall"> = {}): Promise<OpenReranker> {
  refuseTelemetry();
  const folder = process.cwd();
  const { settings: resolved, hub } = await resolve(folder, { ...settings });
  const locator = openLocator(hub, folder, { settings: resolved, talk: { onNotice: settings.onNotice ?? (() => {}) } });
  const names = await modelNames(locator, resolved, undefined);
  const inference = startModels({
    reranker: await locateReranker(locator, names.reranker, resolved),
    ...startSettings(resolved),
    ...(settings.onNotice && { onNotice: settings.onNotice }),
  });
  return {
    rank(query, passages, options = {}) {
      const inputs = passages.map((passage) => (typeof passage === "string" ? inputOf(passage) : passage));
      return rank(query, inputs, inference.reranker, { resultCount: Math.max(inputs.length, 1), ...options });
    },
    close: () => inference.close(),
  };
}

/** Settings of `indexFolders`; what is left out comes from the environment and the user's configuration, as for the command. */
export type IndexFoldersOptions = Partial<
  Pick<
    Settings,
    | "models" | "embedder" | "threads" | "device" | "precision" | "embedTokens" | "dimensions" | "include" | "exclude" | "hidden" | "follow" | "maxFileSize"
    | "passageTokens" | "overlapTokens" | "wait" | "askTokens"
    | "embedUrl" | "embedDialect" | "embedTemplate" | "embedKeyFile" | "plainHttp" | "remoteTimeout" | "remoteDeadline" | "remoteRetries" | "remoteConcurrency" | "remoteRate"
  >
> & {
  /** Paths are relative to it. The index is the nearest `.rerank/` from it upwards; when there is none, it is made here. */
  readonly cwd: string;
  /** Folders and files; empty or left out: all that the index covers. */
  readonly paths?: readonly string[];
  readonly rebuild?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: IndexEvent) => void;
  readonly onNotice?: (line: string) => void;
};

/**
 * Brings an index in step with folders and files, as `rerank index` does.
 * @throws UserError for paths that do not exist, another embedder than the index's, or a full disk.
 */
export async function indexFolders(options: IndexFoldersOptions): Promise<IndexReport> {
  refuseTelemetry();
  const { cwd, paths = [], rebuild = false, signal = new AbortController().signal, onEvent = () => {}, onNotice = () => {}, ...flags } = options;
  const { settings, hub } = await resolve(cwd, flags);
  // As for openIndex, the folder says which index is meant, not a setting made for the command.
  const session = await openIndexSession({
    settings: { ...settings, index: undefined }, hub, cwd, paths, rebuild, signal, onEvent, onNotice, command: "rerank-cli (library)",
    approveSending: approveSending({ askTokens: settings.askTokens, onNotice }),
  });
  try {
    return await session.run();
  } finally {
    await session.close();
  }
}

function inputOf(text: string): InputPassage {
  return { path: "-", location: { startLine: 1, endLine: text.split("\n").length }, headings: [], text };
}

function resolve(cwd: string, { onNotice: _onNotice, ...flags }: Readonly<Record<string, unknown>>) {
  return resolveSettings({ flags, env: readEnvironment(), cwd, homeFolder: homedir(), platform: process.platform });
}
