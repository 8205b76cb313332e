import { parseSetting } from "../config/parse-setting.ts";
import { UserError } from "../domain/errors.ts";
import { integerFlag } from "./integer-flag.ts";
import type { Flags } from "./load-settings.ts";

/** What `rerank tune` was asked for beside its settings. */
export interface TuneWishes {
  /** As the user wrote it; "-" is stdin. */
  readonly from: string | undefined;
  /** `undefined`: all that are given, or as many as are usually drawn. */
  readonly queryCount: number | undefined;
  readonly seed: number;
  readonly maxCandidates: number;
  /** Above 0 and up to 1. */
  readonly keep: number;
  /** Which configuration file the settings found are written to. */
  readonly write: "user" | "project" | undefined;
  readonly json: boolean;
}

const DEFAULT_SEED = 7;
const DEFAULT_MAX_CANDIDATES = 200;
const DEFAULT_KEEP = 0.95;
const MAX_COUNT = 100_000;

/** Throws UserError for values out of range and flags that do not go together. */
export function tuneWishes(flags: Flags, args: readonly string[]): TuneWishes {
  const { from, write, project } = flags;
  if (from !== undefined && args.length > 0) {
    throw new UserError("queries came both as arguments and with --from", { hint: "leave one of the two out" });
  }
  if (project === true && write !== true) {
    throw new UserError("--project says where --write writes, and nothing is to be written", { hint: "add --write, or leave --project out" });
  }
  return {
    from: typeof from === "string" ? from : undefined,
    queryCount: integerFlag(flags, "queries", { min: 1, max: MAX_COUNT, doc: "sample queries to draw" }),
    seed: integerFlag(flags, "seed", { min: 0, max: 2 ** 32 - 1, doc: "the same seed draws the same queries" }) ?? DEFAULT_SEED,
    maxCandidates: integerFlag(flags, "maxCandidates", { min: 1, max: MAX_COUNT, doc: "the most candidates to try" }) ?? DEFAULT_MAX_CANDIDATES,
    keep: keepOf(flags["keep"]),
    write: write !== true ? undefined : project === true ? "project" : "user",
    json: flags["json"] === true,
  };
}

function keepOf(raw: unknown): number {
  if (raw === undefined) return DEFAULT_KEEP;
  const doc = "how much of the reranker's top 10 must survive; 0.95 is 95 %";
  return Number(parseSetting({ key: "--keep", flag: "--keep", env: "", type: "number", min: 0.01, max: 1, doc, commands: [] }, raw, "--keep"));
}
