import { longFlag, settingsOfCommand, type SettingKey, type Settings } from "../../config/settings-table.ts";
import { shellWord } from "../../reporters/shell-quote.ts";
import type { ScreenRequest } from "../../ui/screen-services.ts";

const BUDGET_UNIT = "ms";

export interface RepeatOptions {
  /** As the session began. */
  readonly settings: Settings;
  /** Whether a setting came with the command line: a new one has to say it again. */
  readonly isFlag: (key: SettingKey) => boolean;
  /** The reranker that judges now, where it is another than the session began with. */
  readonly reranker: string | undefined;
}

/** The command that asks for a search of the screen again: `rerank search '...' --candidates 100`. */
export function repeatCommand(request: ScreenRequest, { settings, isFlag, reranker }: RepeatOptions): string {
  const asked: Partial<Settings> = {
    ...settings,
    candidates: request.candidateCount,
    budget: request.budgetMs,
    instruct: request.instruction,
    ...(reranker !== undefined && { reranker }),
  };
  const options = settingsOfCommand("search").flatMap((setting) => {
    const key = setting.key as SettingKey;
    const value = asked[key];
    const isSaid = isFlag(key) || value !== settings[key];
    if (key === "paths" || key === "limit" || !isSaid || value === undefined) return [];
    const flag = longFlag(setting);
    if (typeof value === "boolean") return value === setting.default ? [] : [flag];
    return [`${flag} ${shellWord(key === "budget" ? `${value as number}${BUDGET_UNIT}` : String(value))}`];
  });
  const globs = request.pathGlob === undefined ? [] : request.pathGlob.split(", ").map((glob) => `--path ${shellWord(glob)}`);
  // Behind the options where it looks like one.
  const query = request.query.startsWith("-") ? { before: [], after: ["--", shellWord(request.query)] } : { before: [shellWord(request.query)], after: [] };
  return ["rerank search", ...query.before, ...options, ...globs, ...query.after].join(" ");
}
