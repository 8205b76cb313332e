import { Command, Option } from "commander";
import {
  flagAttribute,
  oppositeFlag,
  settingsOfCommand,
  type CommandName,
  type SettingDefinition,
} from "../config/settings-table.ts";
import { defaultText } from "../config/settings-markdown.ts";
import { FORMAT_OPTIONS, type CommandEntry } from "./command-entries/command-entry.ts";
import { COMMAND_TABLE } from "./command-table.ts";
import type { CommandContext } from "./context.ts";
import { helpGroupsOf } from "./help-groups.ts";
import type { Flags } from "./load-settings.ts";
import { packageVersion } from "./package-version.ts";

const START_HERE = `
Start here:
  $ rerank demo
  $ rerank index ./docs
  $ rerank search "how do I ..."
  $ rerank                          # the interactive screen

Exit codes: 0 results, 1 no results, 2 error.`;

/**
 * The command line. Every command is imported when it runs, so that `--help` and `--version` answer at once.
 *
 * @param onExit receives the exit code of the command that ran.
 */
export function buildProgram(context: CommandContext, onExit: (code: number) => void): Command {
  const program = new Command("rerank")
    .description("Two-stage search on your own machine: recall by meaning, order by reranker.")
    .usage("[command] [options]")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show the help of a command")
    .showSuggestionAfterError()
    .showHelpAfterError("  hint: `rerank --help` lists the commands")
    .exitOverride()
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      // Commander's own addition of choices would stand beside the default, in brackets of its own.
      optionDescription: ({ description }) => description,
    })
    .configureOutput({
      // A failure is kept by the output, whose `drained` reports it.
      writeOut: (text) => void context.output.write(text).catch(() => {}),
      writeErr: (text) => context.output.notice(mistakeLine(text)),
    })
    .addHelpText("after", START_HERE);
  for (const entry of COMMAND_TABLE) addCommand(program, entry, context, onExit);
  return program;
}

function addCommand(program: Command, entry: CommandEntry, context: CommandContext, onExit: (code: number) => void): void {
  const { name, usage, examples } = entry;
  const command = program.command(`${name} ${entry.arguments}`.trim()).description(entry.description);
  if (usage !== undefined) command.usage(usage);
  const settings = settingsOfCommand(name);
  const groups = Object.entries(helpGroupsOf(name));
  const isGrouped = ({ key }: SettingDefinition): boolean => groups.some(([, keys]) => (keys as readonly string[]).includes(key));
  for (const setting of settings) if (!isGrouped(setting)) addSetting(command, setting);
  for (const [flag, doc] of entry.options) command.option(flag, doc);
  if (entry.hasFormats) {
    for (const [flag, doc] of FORMAT_OPTIONS) command.addOption(new Option(flag, doc).helpGroup("Output:"));
  }
  // Where nothing comes before them, one list is enough.
  const isDivided = command.options.length > 0 || name === "serve";
  for (const [group, keys] of groups) {
    for (const key of keys) {
      const setting = settings.find((each) => each.key === key);
      if (setting !== undefined) addSetting(command, setting, isDivided ? group : undefined);
    }
  }
  if (name === "serve") command.addHelpOption(new Option("-h, --help", "show help").helpGroup("General:"));
  command
    .showHelpAfterError(`  hint: \`rerank ${name} --help\` shows its options and examples`)
    .addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ${line}`).join("\n")}`)
    .action(async (...given: unknown[]) => {
      const args = given.slice(0, -2).flat().filter((arg): arg is string => typeof arg === "string");
      onExit(await entry.run(args, givenFlags(command, name), context, program));
    });
}

/** Commander's complaint on one line, as our own errors are. */
function mistakeLine(text: string): string {
  return text
    .trimEnd()
    .replace(/^error: /, "rerank: ")
    .replace(/\n\(Did you mean (.*)\?\)$/, " (did you mean $1?)");
}

function addSetting(command: Command, setting: SettingDefinition, helpGroup?: string): void {
  const option = new Option(setting.flag, describe(setting));
  if (setting.type === "choice") option.choices([...setting.choices]);
  if (setting.type === "list") option.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value]);
  if (helpGroup !== undefined) option.helpGroup(helpGroup);
  command.addOption(option);
  const opposite = oppositeFlag(setting);
  if (opposite !== undefined) command.addOption(new Option(opposite).hideHelp());
}

function describe(setting: SettingDefinition): string {
  if (setting.type === "boolean") return setting.flagDoc ?? setting.doc;
  if (setting.type === "list") return setting.doc;
  const choices = setting.type === "choice" ? `${setting.choices.join(", ")}; ` : "";
  return `${setting.doc} (${choices}default: ${defaultText(setting)})`;
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
