/**
 * rerank as a library: open an index that `rerank index` has built, search it, and rank passages of your own.
 *
 * ```ts
 * import { openIndex } from "rerank-cli";
 * const index = await openIndex("./project");
 * const { results } = await index.search("how do I remove limescale?", { resultCount: 5 });
 * await index.close();
 * ```
 */
export {
  indexFolders,
  openIndex,
  openReranker,
  type IndexFoldersOptions,
  type LibrarySearchOptions,
  type OpenIndex,
  type OpenIndexSettings,
  type OpenReranker,
} from "./cli/library.ts";
export { movement, type Candidate, type Judgment, type RankedPassage } from "./domain/candidate.ts";
export { UserError, type UserErrorOptions } from "./domain/errors.ts";
export { passageInput, type Passage, type PassageDraft, type PassageLocation } from "./domain/passage.ts";
export { relevanceOf } from "./domain/ranking.ts";
export type { IndexEvent, IndexProgress, SearchEvent } from "./pipeline/events.ts";
export type { IndexReport } from "./pipeline/index-report.ts";
export type { InputPassage, RankOptions } from "./pipeline/rank.ts";
export type { SearchOptions } from "./pipeline/search.ts";
export type { ModelStamp, SearchResult, SearchSettings, SearchTimings } from "./pipeline/search-result.ts";
export type { IndexManifest, IndexRoot, StoreCounts } from "./ports/passage-store.ts";
