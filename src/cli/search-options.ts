import { pathMatcher } from "../adapters/path-matcher.ts";
import type { Settings } from "../config/settings-table.ts";
import type { SearchOptions } from "../pipeline/search.ts";

/** The search settings as the pipeline takes them. */
export function searchOptions(settings: Settings): SearchOptions {
  return {
    candidateCount: settings.candidates,
    resultCount: settings.limit,
    hybrid: settings.hybrid,
    perDocument: settings.perDocument,
    onFailure: settings.onFailure,
    ...(settings.minRelevance !== undefined && { minRelevance: settings.minRelevance }),
    ...(settings.budget !== undefined && { budgetMs: settings.budget }),
    ...(settings.instruct !== undefined && { instruction: settings.instruct }),
    ...(settings.paths.length > 0 && { pathFilter: { globs: settings.paths, matches: pathMatcher(settings.paths) } }),
  };
}
