import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import {
  flagAttribute,
  oppositeFlag,
  settingsOfCommand,
  type CommandName,
  type SettingDefinition,
} from "../config/settings-table.ts";
import { defaultText } from "../config/settings-markdown.ts";
import type { CommandContext } from "./context.ts";
import type { Flags } from "./load-settings.ts";

/** Runs a command and resolves to its exit code. */
type Run = (args: readonly string[], flags: Flags, command: Command) => Promise<number>;

const FORMATS = [
  ["--json", "one JSON object; docs/json.md describes it"],
  ["--jsonl", "one JSON object a line"],
  ["--csv", "comma-separated values with a header"],
  ["--markdown", "a Markdown list with links"],
  ["--files", "only the paths, best first, each once"],
] as const;

/**
 * The command line. Every command is imported when it runs, so that `--help` and `--version` answer at once.
 *
 * @param onExit receives the exit code of the command that ran.
 */
export function buildProgram(context: CommandContext, onExit: (code: number) => void): Command {
  const program = new Command("rerank")
    .description("Two-stage search on your own machine: recall by meaning, order by reranker.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .showSuggestionAfterError()
    .showHelpAfterError("  hint: `rerank --help` lists the commands")
    .exitOverride()
    .configureOutput({
      // A failure is kept by the output, whose `drained` reports it.
      writeOut: (text) => void context.output.write(text).catch(() => {}),
      writeErr: (text) => context.output.notice(mistakeLine(text)),
    })
    .addHelpText("after", "\nStart here:\n  $ rerank demo\n  $ rerank index ./docs\n  $ rerank search \"how do I ...\"\n\nExit codes: 0 results, 1 no results, 2 error.");

  const add = (name: CommandName, usage: string, description: string, examples: readonly string[], run: Run): Command => {
    const command = program.command(usage).description(description);
    for (const setting of settingsOfCommand(name)) addSetting(command, setting);
    command.showHelpAfterError(`  hint: \`rerank ${name} --help\` shows its options and examples`);
    command.addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ${line}`).join("\n")}`);
    return command.action(async (...given: unknown[]) => {
      const args = given.slice(0, -2).flat().filter((arg): arg is string => typeof arg === "string");
      onExit(await run(args, givenFlags(command, name), command));
    });
  };

  add("index", "index [path...]", "embed folders and files into the index, or bring it up to date", [
    "rerank index ./docs",
    "rerank index                        # everything that the index covers, again",
    "rerank index ~/notes --include '*.md' --exclude drafts --watch",
    "rerank index . --dry-run",
  ], async (paths, flags) => (await import("./commands/index-folders.ts")).runIndex(paths, flags, context))
    .option("--dry-run", "say what would be done, write nothing")
    .option("--rebuild", "build the index anew; the old one answers until the new one is complete")
    .option("--forget", "drop the named folders or files from the index")
    .option("--watch", "stay and follow changes")
    .option("--json", "the report as JSON")
    .option("-v, --verbose", "name every skipped file");

  const search = add("search", "search [query...]", "find passages: recall by meaning, then rerank", [
    'rerank search "how do I remove limescale?"',
    "rerank search 中国的首都是哪里 -n 3",
    'rerank search "error handling" --path "src/**" --json | jq .results[0].path',
    "rerank search --jsonl < queries.txt  # one query a line, one answer a line",
    'rerank search "tyre pressure" --budget 800 --explain',
  ], async (words, flags) => (await import("./commands/search.ts")).runSearch(words, flags, context));
  addFormats(search)
    .option("--exact", "short for --recall exact")
    .option("--explain", "both orders side by side, timings, settings, truncations");

  const rank = add("rank", "rank <query> [file...]", "rerank what another tool has found: lines, JSONL or files", [
    'rg -l tyre | rerank rank "how much air does a bicycle need?" --from-paths',
    'rerank rank "how do I undo a commit" < answers.txt',
    'jq -c ".hits[]" hits.json | rerank rank "limescale" --field body --jsonl',
    'rerank rank "payment terms" contracts/*.pdf',
  ], async (args, flags) => (await import("./commands/rank.ts")).runRank(args, flags, context));
  addFormats(rank)
    .option("--from-paths", "lines of stdin name files to read")
    .option("--field <name>", "the field of JSON lines that holds the text")
    .option("--lines", "print the input lines themselves, reordered (the default in a pipe)")
    .option("--explain", "both orders side by side, timings, settings, truncations");

  add("demo", "demo", "search a small bilingual corpus with the bundled models", ["rerank demo"], async (_args, flags) =>
    (await import("./commands/demo.ts")).runDemo(flags, context),
  );
  add("status", "status", "show the index: what it covers, models, sizes, what has changed since", ["rerank status", "rerank status --json"], async (_args, flags) =>
    (await import("./commands/status.ts")).runStatus(flags, context),
  ).option("--json", "as JSON");

  add("models", "models [action] [name]", "list the models that are known and here; pull one from the hub", [
    "rerank models list",
    "rerank models pull bge-reranker-base",
  ], async (args, flags) => (await import("./commands/models.ts")).runModels(args, flags, context))
    .option("--json", "as JSON")
    .option("--revision <commit>", "pull this revision instead of the default one");
  add("config", "config <action> [key] [value...]", "get, set, unset, path or explain settings", [
    "rerank config explain",
    "rerank config set limit 20",
    "rerank config get models",
  ], async (args, flags) => (await import("./commands/run-config.ts")).runConfig(args, flags, context))
    .option("--project", "write the project's file instead of the user's")
    .option("--json", "as JSON");
  add("completion", "completion <shell>", "print a completion script for bash, zsh or fish", [
    "rerank completion bash > ~/.local/share/bash-completion/completions/rerank",
    "rerank completion zsh > ~/.zfunc/_rerank",
    "rerank completion fish > ~/.config/fish/completions/rerank.fish",
  ], async (args) => (await import("./commands/run-completion.ts")).runCompletion(args, program, context));
  add("doctor", "doctor", "check Node, native modules, models, disk and index", ["rerank doctor"], async (_args, flags) =>
    (await import("./commands/doctor.ts")).runDoctor(flags, context),
  ).option("--json", "as JSON");
  return program;
}

/** Commander's complaint on one line, as our own errors are. */
function mistakeLine(text: string): string {
  return text
    .trimEnd()
    .replace(/^error: /, "rerank: ")
    .replace(/\n\(Did you mean (.*)\?\)$/, " (did you mean $1?)");
}

function addSetting(command: Command, setting: SettingDefinition): void {
  const option = new Option(setting.flag, describe(setting));
  if (setting.type === "choice") option.choices([...setting.choices]);
  if (setting.type === "list") option.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value]);
  command.addOption(option);
  const opposite = oppositeFlag(setting);
  if (opposite !== undefined) command.addOption(new Option(opposite).hideHelp());
}

function describe(setting: SettingDefinition): string {
  if (setting.type === "boolean" || setting.type === "list") return setting.doc;
  return `${setting.doc} (default: ${defaultText(setting)})`;
}

/** What the user typed, under the keys of the settings table; defaults of commander's are not typed. */
function givenFlags(command: Command, name: CommandName): Flags {
  const flags: Record<string, unknown> = {};
  const keys = new Map(settingsOfCommand(name).map((setting) => [flagAttribute(setting), setting.key]));
  for (const [attribute, value] of Object.entries(command.opts())) {
    if (command.getOptionValueSource(attribute) === "cli") flags[keys.get(attribute) ?? attribute] = value;
  }
  return flags;
}

function addFormats(command: Command): Command {
  for (const [flag, doc] of FORMATS) command.option(flag, doc);
  return command.option("-0, --null", "with --files: end each path with a null byte");
}

function packageVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
