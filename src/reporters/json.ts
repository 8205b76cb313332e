import type { SearchResult } from "../pipeline/search-result.ts";
import { printableJson } from "./printable.ts";
import { searchRecord, type RecordOptions } from "./result-record.ts";

/** One object on several lines, with a line break at the end. */
export function jsonReport(result: SearchResult, options: RecordOptions): string {
  return `${printableJson(JSON.stringify(searchRecord(result, options), null, 2))}\n`;
}
