import type { SearchResult } from "../pipeline/search-result.ts";
import type { PathView } from "./display-path.ts";
import { printableJson } from "./printable.ts";
import { resultRecord, searchRecord, type RecordOptions } from "./result-record.ts";

/** For one query: a line per result, best first. */
export function* jsonlResults(result: SearchResult, view: PathView): Generator<string, void, undefined> {
  for (const ranked of result.results) yield line(resultRecord(ranked, view));
}

/** For many queries: a line per query, with all that JSON output holds. */
export function jsonlSearch(result: SearchResult, options: RecordOptions): string {
  return line(searchRecord(result, options));
}

function line(value: unknown): string {
  return `${printableJson(JSON.stringify(value))}\n`;
}
