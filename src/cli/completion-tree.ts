import type { Argument, Command, Option } from "commander";

/**
 * Words that are offered where the program itself lists none: for the value of an option under its long flag
 * ("--models"), for an argument under its command and name ("config key").
 */
export type OfferedWords = Readonly<Record<string, readonly string[]>>;

/** What may stand in one place of the command line. */
export interface CompletionSlot {
  readonly name: string;
  /** Nothing else is valid when `strict`; otherwise paths are offered as well. */
  readonly words: readonly string[];
  readonly strict: boolean;
  readonly files: "none" | "files" | "folders";
}

export interface CompletionOption {
  readonly flags: readonly string[];
  readonly doc: string;
  readonly hidden: boolean;
  /** May be given more than once. */
  readonly repeatable: boolean;
  readonly value: (CompletionSlot & { readonly required: boolean }) | undefined;
}

export interface CompletionCommand {
  /** From the program down: ["rerank", "search"]. */
  readonly path: readonly string[];
  readonly aliases: readonly string[];
  readonly doc: string;
  readonly options: readonly CompletionOption[];
  readonly arguments: readonly (CompletionSlot & { readonly variadic: boolean })[];
  readonly subcommands: readonly CompletionCommand[];
}

/** Everything that a shell needs to know of a commander program. Hidden commands are left out, hidden options kept as such. */
export function completionTree(program: Command, offered: OfferedWords): CompletionCommand {
  return describeCommand(program, [program.name()], [], offered);
}

function describeCommand(
  command: Command,
  path: readonly string[],
  inherited: readonly CompletionOption[],
  offered: OfferedWords,
): CompletionCommand {
  const help = command.createHelp();
  const visible = new Set(help.visibleOptions(command));
  // The help option is among the visible ones only, hidden options among the command's own only.
  const own = [...new Set([...command.options, ...visible])].map((option) => describeOption(option, !visible.has(option), offered));
  const ownFlags = new Set(own.flatMap(({ flags }) => flags));
  const options = [...own, ...inherited.filter(({ flags }) => !flags.some((flag) => ownFlags.has(flag)))];
  // Commander takes the program's options after a command too; the version is asked of the program only.
  const passedOn = options.filter(({ flags }) => !flags.includes("--version") && !flags.includes("--help"));
  const commands = help.visibleCommands(command);
  const names = commands.map((child) => child.name());
  return {
    path,
    aliases: command.aliases(),
    doc: firstLine(command.summary() || command.description()),
    options,
    arguments: command.registeredArguments.map((argument) => describeArgument(argument, path, offered)),
    subcommands: commands.map((child) => {
      const described = describeCommand(child, [...path, child.name()], passedOn, offered);
      // Commander's own help command, whose argument is the name of another one.
      return child.name() === "help" && !command.commands.includes(child)
        ? { ...described, options: [], arguments: [{ name: "command", words: names, strict: true, files: "none", variadic: false }] }
        : described;
    }),
  };
}

function describeOption(option: Option, hidden: boolean, offered: OfferedWords): CompletionOption {
  const name = /[<[]([^\]>.]+)/.exec(option.flags)?.[1];
  const words = offered[option.long ?? ""] ?? [];
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    doc: firstLine(option.description),
    hidden,
    // A list of ours collects its values with a parser of its own.
    repeatable: option.variadic || (option.parseArg !== undefined && option.argChoices === undefined),
    value: name === undefined ? undefined : { ...slot(name, option.argChoices, words), required: option.required },
  };
}

function describeArgument(argument: Argument, path: readonly string[], offered: OfferedWords): CompletionCommand["arguments"][number] {
  const words = offered[[...path.slice(1), argument.name()].join(" ")] ?? [];
  return { ...slot(argument.name(), argument.argChoices, words), variadic: argument.variadic };
}

function slot(name: string, choices: readonly string[] | undefined, offered: readonly string[]): CompletionSlot {
  if (choices !== undefined) return { name, words: choices, strict: true, files: "none" };
  const files = /folder|dir|model|names/.test(name) ? "folders" : /file|path|glob/.test(name) ? "files" : "none";
  return { name, words: offered, strict: files === "none", files };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.trim() ?? "";
}

/** The command and all below it, deepest first. */
export function allCommands(command: CompletionCommand): CompletionCommand[] {
  return [...command.subcommands.flatMap(allCommands), command];
}
