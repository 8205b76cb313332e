import { allCommands, type CompletionCommand, type CompletionOption, type CompletionSlot } from "./completion-tree.ts";

/** For fish 3.1 and newer. */
export function fishCompletion(root: CompletionCommand): string {
  const [program = ""] = root.path;
  const name = `__${program.replace(/\W/g, "_")}`;
  const commands = allCommands(root);
  const lines = commands.flatMap((command) => commandLines(command, program, name));
  return `# fish completion for ${program}. Save it as ~/.config/fish/completions/${program}.fish

# Prints the command that the command line has come to, and how many of its arguments are there.
function ${name}_place
    set -l command ${fishQuote(program)}
    set -l position 0
    set -l takes no
    set -l literal no
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        if test $takes = yes
            set takes no
            continue
        end
        if test $literal = no
            switch $word
                case --
                    set literal yes
                    continue
                case '-*'
                    switch "$command $word"
${takingCase(commands)}
                    end
                    continue
            end
        end
        if test $position -eq 0
            switch "$command $word"
${descentCases(commands)}
            end
        end
        set position (math $position + 1)
    end
    echo $command
    echo $position
end

# Succeeds at a command, and when a pattern is given, at a number of arguments that it matches.
function ${name}_at
    set -l place (${name}_place)
    test "$place[1]" = "$argv[1]"; or return 1
    test (count $argv) -lt 2; or string match -qr -- $argv[2] $place[2]
end

complete -c ${program} -f
${lines.join("\n")}
`;
}

function takingCase(commands: readonly CompletionCommand[]): string {
  const patterns = commands.flatMap((command) =>
    command.options
      .filter(({ value }) => value?.required)
      .flatMap((option) => option.flags.map((flag) => fishQuote(`${command.path.join(" ")} ${flag}`))),
  );
  return patterns.length === 0 ? "" : `                        case ${patterns.join(" ")}\n                            set takes yes`;
}

function descentCases(commands: readonly CompletionCommand[]): string {
  return commands
    .flatMap(({ path, subcommands }) =>
      subcommands.map((child) => {
        const names = [child.path.at(-1) ?? "", ...child.aliases].map((each) => fishQuote(`${path.join(" ")} ${each}`));
        return `                case ${names.join(" ")}\n                    set command ${fishQuote(child.path.join(" "))}\n                    continue`;
      }),
    )
    .join("\n");
}

function commandLines(command: CompletionCommand, program: string, name: string): string[] {
  const when = (pattern?: string): string => {
    const condition = `${name}_at ${fishQuote(command.path.join(" "))}${pattern === undefined ? "" : ` ${fishQuote(pattern)}`}`;
    return `complete -c ${program} -n ${fishQuote(condition)}`;
  };
  return [
    ...command.subcommands.flatMap((child) =>
      [child.path.at(-1) ?? "", ...child.aliases].map((each) => `${when("^0$")} -a ${fishQuote(fishWords([each]))} -d ${fishQuote(child.doc)}`),
    ),
    ...command.arguments.flatMap((argument, position) => {
      const given = offer(argument);
      // Of a variadic argument, any later place too: 2, 3, ... 9, 10, 11, ...
      const pattern = argument.variadic ? `^([${position}-9]|[1-9][0-9]+)$` : `^${position}$`;
      return given === "" ? [] : [`${when(pattern)} ${given}`];
    }),
    ...command.options.filter(({ hidden }) => !hidden).map((option) => `${when()} ${optionText(option)}`),
  ];
}

function optionText({ flags, doc, value }: CompletionOption): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const required = value?.required ? ["-r"] : [];
  const given = value === undefined ? "" : offer(value) || "-f";
  return [...names, ...required, ...(given === "" ? [] : [given]), `-d ${fishQuote(doc)}`].join(" ");
}

function offer({ words, files }: CompletionSlot): string {
  // One -a only: of several, fish takes the last.
  const list = [fishWords(words), ...(files === "folders" ? ["(__fish_complete_directories)"] : [])].filter((each) => each !== "");
  const given = list.length === 0 ? "" : `-a ${fishQuote(list.join(" "))}`;
  if (files === "files") return `-F ${given}`.trimEnd();
  return given === "" ? "" : `-f ${given}`;
}

/** Words for `-a`, which fish expands once more: what could be an expansion is escaped. */
function fishWords(words: readonly string[]): string {
  return words.map((word) => word.replace(/[^\p{L}\p{N}_./+@:=,-]/gu, "\\$&")).join(" ");
}

function fishQuote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
