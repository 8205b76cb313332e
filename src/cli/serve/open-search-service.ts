import { pathMatcher } from "../../adapters/path-matcher.ts";
import type { Settings } from "../../config/settings-table.ts";
import type { RequestLimits } from "../../server/limits.ts";
import type { ModelService } from "../../server/model-service.ts";
import { createSearchService, type SearchService } from "../../server/search/search-service.ts";
import { openIndexViews, type IndexViewsOptions } from "./index-views.ts";

export interface OpenSearchServiceOptions extends IndexViewsOptions {
  readonly settings: IndexViewsOptions["settings"] & Pick<Settings, "candidates" | "limit" | "hybrid">;
  readonly models: ModelService;
  readonly limits: RequestLimits;
}

/**
 * The search of a server. Nothing is opened before the first request; an index that is made, changed or rebuilt while the server runs
 * is found by the next one.
 *
 * @param options with `onNotice` for what only an administrator may read: it names folders.
 */
export function openSearchService({ models, limits, ...options }: OpenSearchServiceOptions): SearchService {
  const { candidates, limit, hybrid } = options.settings;
  return createSearchService({
    models,
    limits,
    views: openIndexViews(options),
    // A server that takes fewer documents recalls no more of its own accord.
    defaults: { candidates: Math.min(candidates, limits.maxDocuments), limit, hybrid },
    matchPaths: pathMatcher,
    onNotice: options.onNotice,
  });
}
