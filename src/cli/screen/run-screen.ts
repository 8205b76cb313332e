import type { HubSettings, SettingKey, Settings } from "../../config/settings-table.ts";
import { withReactRelease } from "../../config/react-release.ts";
import { untilAborted } from "../../pipeline/until-aborted.ts";
import { displayPath } from "../../reporters/display-path.ts";
import { printableLine } from "../../reporters/printable.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import type { OpenedIndex } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import type { NoticeBoard } from "./notice-board.ts";
import { repeatCommand } from "./repeat-command.ts";
import { joinGlobs, openScreenServices, type OpenedServices } from "./screen-services.ts";
import { openScreenTerminal } from "./screen-terminal.ts";

/** As a shell reports a search that Ctrl-C has ended. */
const INTERRUPTED = 130;

export interface RunScreenOptions {
  readonly index: OpenedIndex;
  readonly settings: Settings;
  readonly hub: HubSettings;
  readonly context: CommandContext;
  readonly board: NoticeBoard;
  /** Runs at once; "" for none. */
  readonly query: string;
  /** Whether a setting came with the command line. */
  readonly isFlag: (key: SettingKey) => boolean;
  /** What the header calls the index; by default its folder's name. */
  readonly name?: string;
  /** The folder that paths are shown from; by default the working directory. */
  readonly shownFrom?: string;
}

/**
 * Shows the screen until it is left; resolves to the exit code. Rejects with the signal's reason when the process is to end, and
 * with whatever went wrong anywhere meanwhile. The terminal is as it was before, however it ends.
 */
export async function runScreen(options: RunScreenOptions): Promise<number> {
  const { index, settings, context } = options;
  const { reranker } = index;
  if (reranker === undefined) throw new Error("the screen needs a reranker");
  // React and Ink load for those who look at them only.
  const { openScreen } = await withReactRelease(() => import("../../ui/open-screen.tsx"));
  // Ctrl-C while all of that loaded.
  context.signal.throwIfAborted();
  let services: OpenedServices | undefined;
  let wasInterrupted = false;
  const crash = listenForCrash();
  const terminal = openScreenTerminal({
    stdin: process.stdin,
    stdout: process.stdout,
    onInterrupt() {
      wasInterrupted = services?.isSearching() ?? false;
    },
  });
  const end = new AbortController();
  try {
    services = await openScreenServices({ ...options, index: { ...index, reranker }, terminal });
    const view = { baseFolder: index.home.baseFolder, cwd: options.shownFrom ?? context.cwd };
    const screen = openScreen(services, {
      ...terminal.streams,
      terminal: describeTerminal({ stream: process.stdout, env: context.environment, colorSetting: settings.color }),
      displayPath: (path) => displayPath(path, view),
      query: options.query,
      conditions: {
        instruction: settings.instruct,
        candidateCount: settings.candidates,
        pathGlob: joinGlobs(settings.paths),
        budgetMs: settings.budget,
      },
      signal: end.signal,
    });
    await Promise.race([untilAborted(screen, context.signal), crash.happened]);
  } finally {
    end.abort();
    terminal.close();
    await services?.close();
    crash.stopListening();
  }
  const lastRequest = services.lastRequest();
  if (lastRequest !== undefined) {
    const { id } = services.models().reranker;
    const repeated = repeatCommand(lastRequest, { settings, isFlag: options.isFlag, reranker: id === reranker.spec.id ? undefined : id });
    context.output.notice(`again: ${printableLine(repeated)}`);
  }
  return wasInterrupted ? INTERRUPTED : 0;
}

/** An error that nobody catches would end the process with its stack in the middle of the screen. */
function listenForCrash(): { readonly happened: Promise<never>; stopListening(): void } {
  let onCrash = (_error: unknown): void => {};
  const happened = new Promise<never>((_resolve, reject) => {
    onCrash = reject;
  });
  happened.catch(() => {});
  process.on("uncaughtException", onCrash);
  return { happened, stopListening: () => void process.off("uncaughtException", onCrash) };
}
