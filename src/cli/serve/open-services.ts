import { pathMatcher } from "../../adapters/path-matcher.ts";
import type { ModelLocator } from "../../adapters/models/model-locator.ts";
import type { HubSettings, Settings } from "../../config/settings-table.ts";
import { machineMemoryBytes } from "../../config/variable-aliases.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import type { BorrowModels } from "../../inference/child-process.ts";
import type { RelevanceCache } from "../../ports/relevance-cache.ts";
import type { RequestLimits } from "../../server/limits.ts";
import type { ModelService } from "../../server/model-service.ts";
import type { IndexViews } from "../../server/search/index-view.ts";
import { createSearchService, type SearchService } from "../../server/search/search-service.ts";
import { createModelService } from "../../server/service/create-model-service.ts";
import type { ServiceEvent } from "../../server/service/model-source.ts";
import { openIndexViews } from "./index-views.ts";
import { createModelSource } from "./model-source.ts";
import { parseAliases } from "./parse-aliases.ts";

export interface ServicesOptions {
  readonly settings: Settings;
  readonly hub: HubSettings;
  /** The index is looked for here and above, unless `settings.index` names it. */
  readonly cwd: string;
  /** The service's own models, which begin to load. */
  readonly models: Readonly<Record<ModelRole, ModelSpec>>;
  /** Without a compiler, for models that requests name. */
  readonly locator: ModelLocator;
  readonly cache: RelevanceCache | undefined;
  /** Asked first for models that another server has loaded. */
  readonly borrow?: BorrowModels;
  readonly onModelEvent: (event: ServiceEvent) => void;
  /** See ModelServiceOptions. */
  readonly onTurn?: (texts: number, tokens: number) => void;
  /** One line each for whoever runs this: it may name folders. */
  readonly onNotice: (line: string) => void;
}

/** What a server answers with, before anything listens: over HTTP, and to agents. */
export interface OpenedServices {
  readonly models: ModelService;
  readonly search: SearchService;
  readonly views: IndexViews;
  readonly limits: RequestLimits;
  /** Of all loaded models together. */
  readonly memoryBytes: number;
  /** Ends the models' processes at once; what waits is rejected. */
  close(): Promise<void>;
}

const OWN_MEMORY_SHARE = 0.5;

/** What all loaded models together may have. */
export function modelMemoryBytes({ modelMemory }: Pick<Settings, "modelMemory">): number {
  return modelMemory ?? machineMemoryBytes() * OWN_MEMORY_SHARE;
}

/** Models and search. Of the index nothing is opened before the first search; one that is made, changed or rebuilt meanwhile is found by the next. */
export function openServices({ settings, hub, cwd, locator, cache, borrow, onNotice, ...options }: ServicesOptions): OpenedServices {
  const limits: RequestLimits = {
    maxDocuments: settings.maxDocuments,
    maxRequestTokens: settings.maxRequestTokens,
    maxBodyBytes: settings.maxBody,
    deadlineMs: settings.deadline,
  };
  const memoryBytes = modelMemoryBytes(settings);
  const models = createModelService({
    source: createModelSource(locator, settings, borrow),
    defaults: options.models,
    allowed: settings.allowedModels,
    aliases: parseAliases(settings.aliases),
    memoryBytes,
    queueRequests: settings.queueRequests,
    queueTokens: settings.queueTokens,
    cache,
    cacheScope: settings.longDocuments,
    readsWholeTexts: settings.longDocuments === "windows",
    onEvent: options.onModelEvent,
    ...(options.onTurn && { onTurn: options.onTurn }),
  });
  const views = openIndexViews({ settings, hub, cwd, onNotice });
  const search = createSearchService({
    models,
    limits,
    views,
    // A server that takes fewer documents recalls no more of its own accord.
    defaults: { candidates: Math.min(settings.candidates, limits.maxDocuments), limit: settings.limit, hybrid: settings.hybrid, onFailure: settings.onFailure },
    matchPaths: pathMatcher,
    onNotice,
  });
  return {
    models,
    search,
    views,
    limits,
    memoryBytes,
    async close() {
      await models.close();
      search.close();
      cache?.close();
    },
  };
}
