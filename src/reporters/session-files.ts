import type { SearchResult } from "../pipeline/search-result.ts";
import type { PathView } from "./display-path.ts";
import { counted } from "./format-numbers.ts";
import { markdownReport } from "./markdown.ts";
import { printableJson } from "./printable.ts";
import { searchRecord } from "./result-record.ts";

/** Raised when a key changes its meaning or goes away; new keys come without notice. */
const SESSION_VERSION = 1;

/** Searches of one session as JSON: each as `rerank search --json --explain` has it, oldest first. Ends with a line break. */
export function sessionJson(results: readonly SearchResult[], savedAt: Date, view: PathView): string {
  const searches = results.map((result) => searchRecord(result, { ...view, explain: true }));
  return `${printableJson(JSON.stringify({ version: SESSION_VERSION, savedAt: savedAt.toISOString(), searches }, null, 2))}\n`;
}

/** The same for people: a section for each search. */
export function sessionMarkdown(results: readonly SearchResult[], savedAt: Date, view: PathView): string {
  const title = `# rerank session, ${savedAt.toISOString().slice(0, 10)}\n\n${counted(results.length, "search", "searches")}.\n`;
  return [title, ...results.map((result) => markdownReport(result, view))].join("\n");
}
