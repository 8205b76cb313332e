import type { SearchResult } from "../pipeline/search-result.ts";
import type { PathView } from "./display-path.ts";
import { printableText } from "./printable.ts";
import { resultRecord, type ResultRecord } from "./result-record.ts";

export interface CsvOptions extends PathView {
  /** Set where a terminal shows it: control characters are then made visible. Programs get the data as it is. */
  readonly toTerminal?: boolean;
}

const COLUMNS = [
  "rank",
  "recallRank",
  "movement",
  "relevance",
  "logit",
  "similarity",
  "path",
  "absolutePath",
  "startLine",
  "endLine",
  "page",
  "row",
  "headings",
  "truncated",
  "text",
] as const satisfies readonly (keyof ResultRecord)[];

/** RFC 4180 with a header and "\n" after each record. Empty = not known. Headings are joined by " > ". */
export function csvReport(result: SearchResult, options: CsvOptions): string {
  return csvHeader() + csvRows(result, options);
}

/** The first line alone, for outputs that go on with `csvRows` of several queries. */
export function csvHeader(): string {
  return `query,${COLUMNS.join(",")}\n`;
}

export function csvRows(result: SearchResult, options: CsvOptions): string {
  const rows = result.results.map((ranked) => {
    const record = resultRecord(ranked, options);
    return [result.query, ...COLUMNS.map((column) => plain(record[column]))].map(quoted).join(",");
  });
  const csv = rows.map((row) => `${row}\n`).join("");
  return options.toTerminal === true ? printableText(csv) : csv;
}

function plain(value: ResultRecord[keyof ResultRecord]): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? value.join(" > ") : String(value);
}

/** Spaces at either end are data, which some readers trim unless the field is quoted. */
function quoted(field: string): string {
  return /[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
