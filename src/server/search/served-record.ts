import { isAbsolute, relative, resolve, sep } from "node:path";
import type { Candidate, RankedPassage } from "../../domain/candidate.ts";
import type { SearchResult } from "../../pipeline/search-result.ts";
import { displayPath } from "../../reporters/display-path.ts";
import { resultRecord, searchRecord, type ResultRecord, type SearchRecord } from "../../reporters/result-record.ts";

/**
 * What `rerank search --json` prints, run in the index's base folder, less where that folder lies: names of users and of their
 * folders are no client's business, and behind a proxy everybody seems to be on this machine.
 */
export function servedRecord(result: SearchResult, baseFolder: string): SearchRecord {
  const record = searchRecord(result, { baseFolder, cwd: baseFolder });
  return { ...record, results: record.results.map((each) => withoutFolders(each, baseFolder)) };
}

/** A candidate that has not been judged, at the rank that it has now. */
export function servedCandidate(candidate: Candidate, baseFolder: string): ResultRecord {
  const ranked: RankedPassage = { ...candidate, rank: candidate.recallRank, judgment: null };
  return withoutFolders(resultRecord(ranked, { baseFolder, cwd: baseFolder }), baseFolder);
}

/** A stored path as clients of other machines know it: relative to the base folder, also where it has to climb out of it. */
export function servedPath(path: string, baseFolder: string): string {
  const shown = displayPath(path, { baseFolder, cwd: baseFolder });
  return isAbsolute(shown) ? fromBase(shown, baseFolder) : shown;
}

function withoutFolders(record: ResultRecord, baseFolder: string): ResultRecord {
  return { ...record, path: isAbsolute(record.path) ? fromBase(record.path, baseFolder) : record.path, absolutePath: null };
}

/** `../notes/a.md` for a file outside of the base folder, however long that is. */
function fromBase(path: string, baseFolder: string): string {
  const climbing = relative(baseFolder, resolve(path));
  // On another drive of Windows there is no way from here to there.
  const shown = isAbsolute(climbing) ? climbing.slice(climbing.lastIndexOf(sep) + 1) : climbing;
  return shown.replaceAll(sep, "/");
}
