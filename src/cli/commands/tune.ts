import { homedir } from "node:os";
import { requireIndexHome } from "../../adapters/index-home.ts";
import { scanSizes } from "../../adapters/scan-sizes.ts";
import type { Settings } from "../../config/settings-table.ts";
import { drawQueries, type SampleQuery } from "../../pipeline/tune-queries.ts";
import type { Tuning } from "../../pipeline/tune-result.ts";
import { tune } from "../../pipeline/tune.ts";
import type { PassageStore } from "../../ports/passage-store.ts";
import { counted } from "../../reporters/format-numbers.ts";
import { noticeLines } from "../../reporters/notice-lines.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import { createTuneProgress } from "../../reporters/tune-progress.ts";
import { tuneJson, tuneText, type WrittenSetting } from "../../reporters/tune-report.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openIndexAt } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { givenQueries } from "../tune-input.ts";
import { tuneWishes, type TuneWishes } from "../tune-options.ts";
import { configSet } from "./config.ts";

const DRAWN_QUERIES = 20;

/**
 * `rerank tune`: the candidates and the length of vectors that keep the reranker's top 10. Resolves to the exit code: 0 when a setting
 * keeps the share within the budget, 1 when none does.
 */
export async function runTune(args: readonly string[], flags: Flags, context: CommandContext): Promise<number> {
  const { settings, hub } = await loadSettings(context, "tune", flags);
  const wishes = tuneWishes(flags, args);
  const { environment: env, output, signal, cwd } = context;
  const talk = describeTerminal({ stream: process.stderr, env, colorSetting: settings.color });
  const progress = createTuneProgress({ stream: process.stderr, terminal: talk });
  const said: string[] = [];
  const notice = (line: string): void => {
    said.push(line);
    for (const part of noticeLines(line, talk)) progress.notice(part);
  };
  const home = requireIndexHome(cwd, settings.index);
  const given = await givenQueries(args, wishes, context, notice);
  if (settings.hybrid) notice("hybrid recall is on: what BM25 finds beside the vectors is not looked at here");
  const index = await openIndexAt(home, { settings, hub, cwd, rerank: true, onNotice: notice, signal, openProgress: compileProgressOf(context) });
  let tuning: Tuning;
  try {
    const { reranker } = index;
    if (reranker === undefined) throw new Error("the second stage was asked for and is not there");
    tuning = await tune({ ...index, reranker, scanSizes }, {
      queries: given.length > 0 ? given : sampleQueries(index.store, wishes, notice),
      maxCandidates: wishes.maxCandidates,
      keep: wishes.keep,
      seed: wishes.seed,
      currentCandidates: settings.candidates,
      ...(settings.budget !== undefined && { budgetMs: settings.budget }),
      ...(settings.instruct !== undefined && { instruction: settings.instruct }),
      signal,
      onEvent: (event) => progress.event(event),
    });
  } finally {
    progress.stop();
    await index.close();
  }
  const say = (lines: readonly string[]): void => {
    for (const line of lines.flatMap((each) => noticeLines(each, talk))) output.notice(line);
  };
  say(tuning.notices);
  const { written, notices, failure } = await writeSettings(tuning, wishes, settings, context);
  const terminal = describeTerminal({ stream: process.stdout, env, colorSetting: settings.color });
  const whole = { ...tuning, notices: [...said, ...tuning.notices, ...notices] };
  await output.write(wishes.json ? tuneJson(whole, written) : tuneText(whole, written, terminal));
  // Below the line that says what was written: above the table nobody would look for them.
  say(notices);
  // Minutes went into the table: it is shown before what went wrong after it.
  if (failure !== undefined) throw failure;
  return tuning.verdict.outcome === "kept" ? 0 : 1;
}

function sampleQueries(store: PassageStore, { queryCount = DRAWN_QUERIES, seed }: TuneWishes, notice: (line: string) => void): SampleQuery[] {
  const queries = drawQueries(store, queryCount, seed);
  if (queries.length === 0) return queries;
  const all = queries.length < queryCount ? ", all that there are," : "";
  notice(
    `${counted(queries.length, "query", "queries")}${all} drawn from the index's own headings and sentences; each finds its own passage more easily ` +
      "than a person's question would: give real ones where you can (--from queries.txt)",
  );
  return queries;
}

interface Writing {
  readonly written: readonly WrittenSetting[];
  /** One line each: what still goes before the file, and what else is to be done. */
  readonly notices: readonly string[];
  /** The file could not be written. */
  readonly failure?: unknown;
}

/** Writes what was found, where it was asked for. */
async function writeSettings(
  { verdict, current }: Tuning,
  { write }: TuneWishes,
  { limit }: Pick<Settings, "limit">,
  { cwd, environment: env }: CommandContext,
): Promise<Writing> {
  if (write === undefined) return { written: [], notices: [] };
  if (verdict.outcome !== "kept") return { written: [], notices: ["nothing was written: no setting was found"] };
  const written: WrittenSetting[] = [];
  const notices: string[] = [];
  const { candidates, dimensions } = verdict.point;
  const places = { flags: {}, env, cwd, homeFolder: homedir(), platform: process.platform, project: write === "project" };
  const found: Omit<WrittenSetting, "file">[] = [{ key: "candidates", value: candidates }];
  if (dimensions !== current.dimensions) found.push({ key: "dimensions", value: dimensions });
  try {
    for (const { key, value } of found) {
      const change = await configSet(key, [String(value)], places);
      written.push({ key, value, file: change.file });
      notices.push(...change.notices);
    }
  } catch (failure) {
    return { written, notices, failure };
  }
  if (candidates < limit) notices.push(`searches show ${limit} results, and ${candidates} candidates give no more than ${candidates}: lower limit, too`);
  if (dimensions !== current.dimensions) notices.push("the index keeps its vectors until it is built anew: rerank index --rebuild");
  return { written, notices };
}
