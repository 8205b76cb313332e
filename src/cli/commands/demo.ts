import { cp, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { requireIndexHome } from "../../adapters/index-home.ts";
import { DEFAULT_PAIR } from "../../adapters/models/resolve-pair.ts";
import { cacheFolder } from "../../config/cache-folder.ts";
import type { SettingKey } from "../../config/settings-table.ts";
import { UserError } from "../../domain/errors.ts";
import type { IndexReport } from "../../pipeline/index-report.ts";
import { search } from "../../pipeline/search.ts";
import { demoReport, demoText } from "../../reporters/demo.ts";
import { counted, formatDuration } from "../../reporters/format-numbers.ts";
import { indexReportText } from "../../reporters/index-report.ts";
import { createProgressReader } from "../../reporters/progress-line.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openIndexAt, PACKAGE_ROOT } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { inputLines } from "../input-lines.ts";
import { openIndexSession, type IndexRunOptions } from "../index-session.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { approveSending } from "../remote-approval.ts";
import { createNoticeBoard } from "../screen/notice-board.ts";
import { canShowScreen } from "../screen/require-screen.ts";
import { runScreen } from "../screen/run-screen.ts";
import { searchOptions } from "../search-options.ts";

const CLASSIC_QUERIES = ["What is the capital of China?", "什么是重力?"];
const DEMO_SETTINGS = {
  limit: 5,
  candidates: 50,
  embedder: undefined,
  reranker: undefined,
  passageTokens: undefined,
  overlapTokens: undefined,
  embedTokens: undefined,
  rerankTokens: undefined,
  dimensions: undefined,
  include: [],
  exclude: [],
  paths: [],
  hidden: false,
  follow: false,
  hybrid: false,
  perDocument: false,
  minRelevance: undefined,
  budget: undefined,
  onFailure: "error",
  rerankUrl: undefined,
  embedUrl: undefined,
  instruct: undefined,
  longDocuments: "truncate",
  promptSeparator: "newline",
} as const;

/** `rerank demo`: indexes the bundled corpus in the user's cache folder, runs two queries over it, and opens the screen on it. */
export async function runDemo(flags: Flags & { readonly screen?: boolean }, context: CommandContext): Promise<number> {
  const { settings: given, hub, sources } = await loadSettings(context, "demo", flags);
  const { environment: env, output, signal } = context;
  const models = given.models ?? DEFAULT_PAIR;
  // An index holds the vectors of one embedder: each choice of models has a folder of its own.
  const folder = join(cacheFolder(env, homedir(), process.platform), "demo", models.replaceAll(/[^\w.+-]+/g, "-"));
  await copyCorpus(folder);
  // What the user has set for indexes and searches of their own must not empty or break the demo.
  const settings = { ...given, ...DEMO_SETTINGS, index: join(folder, ".rerank"), models };
  const terminal = describeTerminal({ stream: process.stdout, env, colorSetting: settings.color });
  const onNotice = (line: string) => output.notice(`rerank: ${line}`);
  const openProgress = compileProgressOf(context);

  const report = await indexCorpus({ settings, hub, cwd: folder, paths: ["."], rebuild: false, command: "rerank demo", signal, onNotice, openProgress, approveSending: approveSending({ askTokens: settings.askTokens, onNotice }) }, context);
  signal.throwIfAborted();
  if (report.skipped.length > 0) await output.write(indexReportText(report, { terminal, verbose: true }));
  await output.write(`${demoText([corpusLine(report), STAGES], terminal)}\n`);

  const board = createNoticeBoard();
  let tell = onNotice;
  let exitCode = 0;
  const home = requireIndexHome(folder, settings.index);
  const index = await openIndexAt(home, { settings, hub, cwd: folder, rerank: true, onNotice: (line) => tell(line), signal, openProgress });
  try {
    for (const query of CLASSIC_QUERIES) {
      const result = await search(query, index, { ...searchOptions(settings), signal });
      await output.write(`${demoReport(result, { baseFolder: folder, cwd: folder, terminal })}\n`);
    }
    if (flags.screen !== false && canShowScreen(env) && (await wantsScreen(context))) {
      tell = board.tell;
      const isFlag = (key: SettingKey): boolean => sources[key].source === "flag" || key === "index";
      exitCode = await runScreen({ index, settings, hub, context, board, query: "", isFlag, name: "rerank demo", shownFrom: folder });
    }
  } finally {
    await index.close();
  }
  // Who has broken off wants no advice.
  if (exitCode === 0) await output.write(`Try your own:\n  cd ${folder}\n  rerank search "how do I remove limescale?"\n`);
  return exitCode;
}

/** The two searches stay readable until somebody has read them. */
async function wantsScreen({ output, stdin, signal }: CommandContext): Promise<boolean> {
  output.notice("Press Enter for the interactive screen, or q and Enter to stay here.");
  for await (const line of inputLines(stdin, signal)) return !/^\s*(q|quit|exit|n|no|退出)\s*$/i.test(line);
  return false;
}

const STAGES =
  "The first stage compares the meaning of query and passage (similarity). The reranker then reads both together and decides the order (relevance).";

async function indexCorpus(options: Omit<IndexRunOptions, "onEvent">, { environment: env }: CommandContext): Promise<IndexReport> {
  const talk = describeTerminal({ stream: process.stderr, env, colorSetting: "auto" });
  const progress = createProgressReader({ stream: process.stderr, terminal: talk });
  try {
    const session = await openIndexSession({ ...options, onEvent: (event) => progress.event(event) });
    try {
      return await session.run();
    } finally {
      await session.close();
    }
  } finally {
    progress.stop();
  }
}

function corpusLine({ total, indexed, elapsedMs }: IndexReport): string {
  const corpus = `${counted(total.documents, "short document")} in English and Chinese, ${counted(total.passages, "passage")}`;
  return `${corpus}, ${indexed === 0 ? "indexed by an earlier run" : `indexed in ${formatDuration(elapsedMs)}`}.`;
}

/** The package's folder may be read-only, and an index belongs beside its documents: both live in the cache folder. */
async function copyCorpus(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await cp(join(PACKAGE_ROOT, "corpora", "demo", "docs"), folder, { recursive: true, preserveTimestamps: true });
  } catch (cause) {
    throw new UserError(`cannot write the demo to ${folder}: ${(cause as Error).message}`, {
      hint: "free space, or set XDG_CACHE_HOME to a folder that can be written",
      cause,
    });
  }
}
