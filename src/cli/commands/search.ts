import { requireIndexHome } from "../../adapters/index-home.ts";
import { UserError } from "../../domain/errors.ts";
import { search } from "../../pipeline/search.ts";
import type { SearchResult } from "../../pipeline/search-result.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openIndexAt } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { checkQuery, readQueries } from "../query-input.ts";
import { chooseFormat, createResultWriter, type FormatFlags } from "../result-writer.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { createCostReader } from "../remote-costs.ts";
import { modelsOfServer } from "../running-server.ts";
import { searchOptions } from "../search-options.ts";

/** `rerank search`: one query from the arguments, or many from stdin. Resolves to the exit code. */
export async function runSearch(words: readonly string[], flags: Flags & FormatFlags, context: CommandContext): Promise<number> {
  const { settings, hub } = await loadSettings(context, "search", flags);
  const query = words.join(" ");
  const fromStdin = words.length === 0 || query === "-";
  if (fromStdin && context.stdin.isTTY) {
    throw new UserError("no query was given", { hint: 'rerank search "how do I ..." (or pipe queries in, one a line)' });
  }
  if (!fromStdin) checkQuery(query, "search");
  const format = chooseFormat(flags, fromStdin);
  const home = requireIndexHome(context.cwd, settings.index);
  const writer = createResultWriter({ format, flags, context, settings, baseFolder: home.baseFolder, manyQueries: fromStdin });
  const index = await openIndexAt(home, {
    settings,
    hub,
    cwd: context.cwd,
    rerank: settings.rerank,
    onNotice: (line) => writer.notice(line),
    signal: context.signal,
    openProgress: compileProgressOf(context),
    ...modelsOfServer(settings, context.environment),
  });
  try {
    const options = { ...searchOptions(settings), signal: context.signal };
    const costs = createCostReader(index.inference);
    const withCosts = (result: SearchResult): SearchResult => (flags.explain === true ? { ...result, notices: [...result.notices, ...costs.read()] } : result);
    if (!fromStdin) {
      const result = await search(query, index, { ...options, onEvent: (event) => writer.progress(event) });
      return await writer.write(withCosts(result));
    }
    let queryCount = 0;
    let anyResult = false;
    for await (const { text, id } of readQueries(context.stdin, context.signal)) {
      checkQuery(text, "search");
      queryCount++;
      const result = await search(text, index, options);
      if ((await writer.write(withCosts(result), id)) === 0) anyResult = true;
    }
    if (queryCount === 0) writer.notice("no query came in on stdin");
    return anyResult ? 0 : 1;
  } finally {
    writer.end();
    await index.close();
  }
}
