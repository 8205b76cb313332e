import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UserError } from "../domain/errors.ts";
import { integerFlag } from "./integer-flag.ts";
import type { Flags } from "./load-settings.ts";

/** What `rerank eval` was asked for beside its settings. */
export interface EvalOptions {
  /** Documents ranked for a query. */
  readonly depth: number;
  /** `undefined`: all queries. */
  readonly queryCount: number | undefined;
  readonly seed: number;
  /** As the user wrote them; empty: nothing to compare. */
  readonly compare: readonly string[];
  /** As the user wrote it: a folder's own judgments may be named without the folder. */
  readonly qrelsFile: string | undefined;
  /** Absolute, as is the next one. */
  readonly runFile: string | undefined;
  readonly htmlFile: string | undefined;
  readonly fresh: boolean;
  readonly format: "text" | "markdown" | "json";
}

const DEFAULT_DEPTH = 100;
const DEFAULT_SEED = 7;
const MAX_COUNT = 100_000;

/** Throws UserError for values out of range, for flags that exclude each other, and for files that could not be written at the end of a long run. */
export function evalOptions(flags: Flags, cwd: string): EvalOptions {
  if (flags["json"] === true && flags["markdown"] === true) {
    throw new UserError("--json and --markdown cannot be had at once", { hint: "choose one format" });
  }
  const pathOf = (name: string) => (typeof flags[name] === "string" ? resolve(cwd, flags[name]) : undefined);
  const compare = (flags["compare"] as readonly string[] | undefined) ?? [];
  const runFile = pathOf("runOut");
  if (runFile !== undefined && compare.length > 0) {
    throw new UserError("--run-out writes one order, and --compare makes several", { hint: "leave one of the two out" });
  }
  for (const file of [runFile, pathOf("html")]) if (file !== undefined) requireWritable(file);
  return {
    depth: integerFlag(flags, "top", { min: 1, max: MAX_COUNT, doc: "documents ranked for each query" }) ?? DEFAULT_DEPTH,
    queryCount: integerFlag(flags, "queries", { min: 1, max: 10_000_000, doc: "queries to ask, drawn at random" }),
    seed: integerFlag(flags, "seed", { min: 0, max: 2 ** 32 - 1, doc: "the same seed draws the same queries" }) ?? DEFAULT_SEED,
    compare,
    qrelsFile: typeof flags["qrels"] === "string" ? flags["qrels"] : undefined,
    runFile,
    htmlFile: pathOf("html"),
    fresh: flags["fresh"] === true,
    format: flags["json"] === true ? "json" : flags["markdown"] === true ? "markdown" : "text",
  };
}

/** An evaluation takes minutes: that its result has no place is better said before. */
function requireWritable(file: string): void {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new Error("it is a folder");
    accessSync(found === undefined ? dirname(file) : file, constants.W_OK);
  } catch (cause) {
    throw new UserError(`cannot write ${file}: ${(cause as Error).message}`, { hint: "name a file in a folder that exists and can be written", cause });
  }
}
