import type { CommandName } from "../../config/settings-table.ts";
import type { CommandContext } from "../context.ts";
import type { Flags } from "../load-settings.ts";
import type { Command } from "commander";

type OwnOption = readonly [flag: string, doc: string];

export interface CommandEntry {
  readonly name: CommandName;
  /** In commander's syntax: "<query> [file...]". */
  readonly arguments: string;
  /** What the usage line says instead, where an argument is one of a few words. */
  readonly usage?: string;
  readonly description: string;
  /** Beside the settings that belong to the command. */
  readonly options: readonly OwnOption[];
  /** Results can be had in several formats. */
  readonly hasFormats?: true;
  readonly examples: readonly string[];
  /** Imports the command, runs it and resolves to its exit code. */
  readonly run: (args: readonly string[], flags: Flags, context: CommandContext, program: Command) => Promise<number>;
}

export const FORMAT_OPTIONS: readonly OwnOption[] = [
  ["--json", "one JSON object; docs/json.md describes it"],
  ["--jsonl", "one JSON object a line"],
  ["--csv", "comma-separated values with a header"],
  ["--markdown", "a Markdown list with links"],
  ["--files", "only the paths, best first, each once"],
  ["-0, --null", "with --files: end each path with a null byte"],
  ["--explain", "both orders side by side, timings, settings, truncations"],
];

export const JSON_OPTION: OwnOption = ["--json", "print JSON"];
