import { UserError } from "../domain/errors.ts";
import type { SearchEvent } from "../pipeline/events.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import { csvReport } from "../reporters/csv.ts";
import { explainReport } from "../reporters/explain.ts";
import { filesReport } from "../reporters/files.ts";
import { jsonReport } from "../reporters/json.ts";
import { jsonlResults, jsonlSearch } from "../reporters/jsonl.ts";
import { markdownReport } from "../reporters/markdown.ts";
import { searchFooter, searchNotices } from "../reporters/search-footer.ts";
import { createSearchProgress } from "../reporters/search-progress.ts";
import { describeTerminal, type ColorSetting } from "../reporters/terminal.ts";
import { textReport } from "../reporters/text.ts";
import type { CommandContext } from "./context.ts";

const FORMATS = ["json", "jsonl", "csv", "markdown", "files"] as const;
export type Format = (typeof FORMATS)[number] | "text";

export type FormatFlags = { readonly [name in (typeof FORMATS)[number]]?: boolean } & {
  readonly explain?: boolean;
  readonly null?: boolean;
};

/** Writes results in the format that was asked for, and talks on stderr meanwhile. */
export interface ResultWriter {
  /** One line on stderr; results in JSON carry it too. */
  notice(line: string): void;
  progress(event: SearchEvent): void;
  /** Resolves to the exit code: 0 with results, 1 without. */
  write(result: SearchResult, queryId?: string): Promise<number>;
  /** Writes a text of the command's own in the format's place, with the same talk on stderr; resolves to the exit code. */
  writeText(result: SearchResult, text: string): Promise<number>;
  /** Clears what progress has left on the screen. */
  end(): void;
}

export interface ResultWriterOptions {
  readonly format: Format;
  readonly flags: Pick<FormatFlags, "explain" | "null">;
  readonly context: Pick<CommandContext, "cwd" | "environment" | "output">;
  readonly settings: { readonly color: ColorSetting };
  readonly baseFolder: string;
  /** Answers to many queries come as JSONL, one a line. */
  readonly manyQueries: boolean;
}

/** The format that the flags ask for. Throws UserError when they ask for two, or for what the format cannot hold. */
export function chooseFormat(flags: FormatFlags, manyQueries: boolean): Format {
  const asked = FORMATS.filter((name) => flags[name] === true);
  if (asked.length > 1) {
    throw new UserError(`--${asked.slice(0, -1).join(", --")} and --${asked.at(-1)} cannot be had at once`, { hint: "choose one format" });
  }
  const format = asked[0] ?? (manyQueries ? "jsonl" : "text");
  if (flags.null === true && format !== "files") throw new UserError("--null ends paths, and there are none", { hint: "add --files" });
  if (manyQueries && format !== "jsonl") {
    throw new UserError(`many queries are answered in JSONL, not in ${format}`, { hint: "leave the format out, or give one query" });
  }
  if (flags.explain === true && !(format === "text" || format === "json" || manyQueries)) {
    throw new UserError(`--explain has no place in --${format}`, { hint: "choose --json, or leave one of the two out" });
  }
  return format;
}

/** Whether a format was asked for by a flag. */
export function hasFormat(flags: FormatFlags): boolean {
  return FORMATS.some((name) => flags[name] === true) || flags.explain === true;
}

export function createResultWriter({ format, flags, context, settings, baseFolder, manyQueries }: ResultWriterOptions): ResultWriter {
  const { cwd, environment: env, output } = context;
  const terminal = describeTerminal({ stream: process.stdout, env, colorSetting: settings.color });
  const talk = describeTerminal({ stream: process.stderr, env, colorSetting: settings.color });
  const progress = createSearchProgress({ terminal: talk, write: (text) => void process.stderr.write(text) });
  const notices: string[] = [];
  const view = { baseFolder, cwd };

  function render(result: SearchResult, queryId: string | undefined): string {
    const explain = flags.explain ?? false;
    switch (format) {
      case "json":
        return jsonReport(result, { ...view, explain });
      case "jsonl":
        if (manyQueries) return jsonlSearch(result, { ...view, explain, ...(queryId !== undefined && { queryId }) });
        return [...jsonlResults(result, view)].join("");
      case "csv":
        return csvReport(result, { ...view, toTerminal: terminal.isTerminal });
      case "markdown":
        return markdownReport(result, view);
      case "files":
        return filesReport(result, { ...view, nullSeparated: flags.null ?? false, toTerminal: terminal.isTerminal });
      case "text":
        return explain ? explainReport(result, { ...view, terminal }) : textReport(result, { ...view, terminal });
    }
  }

  return {
    notice(line) {
      notices.push(line);
      progress.clear();
      output.notice(`rerank: ${line}`);
    },
    progress: (event) => progress.event(event),
    write(result, queryId) {
      const text = render({ ...result, notices: [...notices, ...result.notices] }, queryId);
      // What was said of one query says nothing about the next.
      notices.length = 0;
      return writeText(result, text);
    },
    writeText,
    end: () => progress.clear(),
  };

  async function writeText(result: SearchResult, text: string): Promise<number> {
    progress.clear();
    for (const line of searchNotices(result, talk)) output.notice(line);
    await output.write(text);
    // --explain has all that the footer says.
    const isForPerson = format === "text" && terminal.isTerminal && flags.explain !== true;
    const isNews = result.partial || (result.results.length === 0 && !manyQueries);
    if (isForPerson || isNews) output.notice(searchFooter(result, talk));
    return result.results.length > 0 ? 0 : 1;
  }
}
