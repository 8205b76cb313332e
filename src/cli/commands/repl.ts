import { requireIndexHome } from "../../adapters/index-home.ts";
import { longFlag, settingsOfCommand, type SettingKey } from "../../config/settings-table.ts";
import { UserError } from "../../domain/errors.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openIndexAt } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { checkQuery } from "../query-input.ts";
import { modelsOfServer } from "../running-server.ts";
import { createNoticeBoard } from "../screen/notice-board.ts";
import { runPlainSession } from "../screen/plain-session.ts";
import { requireScreen } from "../screen/require-screen.ts";
import { runScreen } from "../screen/run-screen.ts";

/** They shorten a list of results. The screen shows both orders whole; as settings of a file they are meant for other commands. */
const LIST_OPTIONS: ReadonlySet<string> = new Set<SettingKey>(["limit", "minRelevance", "perDocument"]);

export interface ReplFlags extends Flags {
  readonly plain?: boolean;
}

/** `rerank repl`, and `rerank` alone: the interactive screen, or its plain line mode. Resolves to the exit code. */
export async function runRepl(words: readonly string[], flags: ReplFlags, context: CommandContext): Promise<number> {
  const { settings, hub, sources } = await loadSettings(context, "repl", flags);
  const isPlain = flags.plain === true;
  const query = words.join(" ");
  if (words.length > 0) checkQuery(query, "repl");
  if (!isPlain) {
    refuseListOptions((key) => sources[key].source === "flag" && settings[key] !== false);
    requireScreen(context.environment);
  }
  const home = requireIndexHome(context.cwd, settings.index, "make one: rerank index <folder>, or try `rerank demo`");
  const board = createNoticeBoard();
  // What is said before the screen is there, of a model that is compiled first for minutes, is said at once.
  let tell = (line: string): void => context.output.notice(`rerank: ${line}`);
  const index = await openIndexAt(home, {
    settings,
    hub,
    cwd: context.cwd,
    rerank: isPlain ? settings.rerank : true,
    onNotice: (line) => tell(line),
    signal: context.signal,
    openProgress: compileProgressOf(context),
    ...modelsOfServer(settings, context.environment),
  });
  try {
    if (isPlain) return await runPlainSession({ index, settings, context, firstQuery: query });
    tell = (line) => board.tell(line);
    return await runScreen({ index, settings, hub, context, board, query, isFlag: (key) => sources[key].source === "flag" });
  } finally {
    await index.close();
  }
}

function refuseListOptions(isAskedFor: (key: SettingKey) => boolean): void {
  const given = settingsOfCommand("repl").find(({ key }) => LIST_OPTIONS.has(key) && isAskedFor(key as SettingKey));
  if (given === undefined) return;
  throw new UserError(`${longFlag(given)} does nothing on the screen: it shows every candidate`, {
    hint: "add --plain, or leave it out; --candidates sets how many there are",
  });
}
