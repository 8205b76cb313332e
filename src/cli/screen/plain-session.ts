import { UserError } from "../../domain/errors.ts";
import { search } from "../../pipeline/search.ts";
import { formatUserError } from "../../reporters/output.ts";
import { plainResults } from "../../reporters/plain-results.ts";
import type { Settings } from "../../config/settings-table.ts";
import type { OpenedIndex } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { inputLines } from "../input-lines.ts";
import { checkQuery } from "../query-input.ts";
import { searchOptions } from "../search-options.ts";

const PROMPT = "query> ";
const GREETING = "Type a query and press Enter. quit, exit, q or 退出 leaves.";
const GOODBYES: ReadonlySet<string> = new Set(["quit", "exit", "q", "退出"]);

export interface PlainSessionOptions {
  readonly index: OpenedIndex;
  readonly settings: Settings;
  readonly context: CommandContext;
  /** Answered before anything is read. */
  readonly firstQuery: string;
}

/**
 * Answers one query a line until the input ends or somebody says goodbye. Resolves to the exit code: 0 when any of them had a result.
 */
export async function runPlainSession({ index, settings, context, firstQuery }: PlainSessionOptions): Promise<number> {
  const { output, stdin, signal, cwd } = context;
  const options = { ...searchOptions(settings), signal };
  const view = { baseFolder: index.home.baseFolder, cwd };
  let anyResult = false;

  async function answer(query: string): Promise<void> {
    try {
      checkQuery(query, "search");
    } catch (error) {
      // One that cannot be asked is no reason not to ask the others.
      if (!(error instanceof UserError)) throw error;
      output.notice(formatUserError(error));
      return;
    }
    const result = await search(query, index, options);
    if (result.results.length > 0) anyResult = true;
    for (const notice of result.notices) output.notice(`rerank: ${notice}`);
    await output.write(plainResults(result, view));
  }

  if (firstQuery !== "") await answer(firstQuery);
  // A person who types wants to know when; a program that pipes lines in has no use for it.
  const prompt = (): void => void (stdin.isTTY === true && process.stderr.write(PROMPT));
  if (stdin.isTTY === true) output.notice(GREETING);
  prompt();
  for await (const line of inputLines(stdin, signal)) {
    const query = line.trim();
    if (GOODBYES.has(query.toLowerCase())) break;
    if (query !== "") await answer(query);
    prompt();
  }
  return anyResult ? 0 : 1;
}
