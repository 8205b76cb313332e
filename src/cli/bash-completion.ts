import { shellQuote } from "../reporters/shell-quote.ts";
import { allCommands, type CompletionCommand, type CompletionSlot } from "./completion-tree.ts";

/**
 * Works in bash 3.2 (macOS) and newer, without the bash-completion package. Where the function offers nothing, `-o default`
 * lets bash complete file names, with its own quoting; `_NAME_none` switches that off.
 */
export function bashCompletion(root: CompletionCommand): string {
  const [program = ""] = root.path;
  const name = `_${program.replace(/\W/g, "_")}`;
  const commands = allCommands(root);
  return `# bash completion for ${program}. Load it with: eval "$(${program} completion bash)"
${name}_reply() {
  local current=$1 word
  shift
  for word in "$@"; do
    if [[ $word == "$current"* ]]; then
      printf -v word '%q' "$word"
      COMPREPLY+=("$word")
    fi
  done
}

${name}_none() {
  # bash 3.2 has no compopt: it offers file names too.
  compopt +o default +o bashdefault 2>/dev/null
  return 0
}

${name}_folders() {
  local folder
  compopt -o filenames 2>/dev/null
  while IFS= read -r folder; do COMPREPLY+=("$folder"); done < <(compgen -d -- "$1")
}

${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} command=${shellQuote(program)} position=0 takes='' option='' literal='' word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $takes == required || ($takes == optional && $word != -*) ]]; then
      # "--limit=5" comes as three words, because "=" breaks words.
      [[ $word == '=' ]] || takes=''
      continue
    fi
    takes=''
    if [[ -z $literal ]]; then
      case $word in
        --) literal=1; continue ;;
        '=') continue ;;
        -*)
          option=$word
          case "$command $word" in
${takingArms(commands)}
          esac
          continue
          ;;
      esac
    fi
    if ((position == 0)); then
      case "$command $word" in
${descentArms(commands)}
      esac
    fi
    position=$((position + 1))
  done
  [[ $current == '=' ]] && current=''

  if [[ $takes == required || ($takes == optional && $current != -*) ]]; then
    case "$command $option" in
${valueArms(commands, name)}
    esac
    return
  fi
  if [[ -z $literal && $current == -* ]]; then
    case $command in
${flagArms(commands, name)}
    esac
    ${name}_none
    return
  fi
  case "$command $position" in
${argumentArms(commands, name)}
    *) ${name}_none ;;
  esac
}

complete -o bashdefault -o default -F ${name} ${program}
`;
}

function at(command: CompletionCommand, then: string): string {
  return shellQuote(`${command.path.join(" ")} ${then}`);
}

function takingArms(commands: readonly CompletionCommand[]): string {
  const arms = (required: boolean): string[] => {
    const flags = commands.flatMap((command) =>
      command.options.filter(({ value }) => value?.required === required).flatMap((option) => option.flags.map((flag) => at(command, flag))),
    );
    return flags.length === 0 ? [] : [`            ${flags.join(" | ")}) takes=${required ? "required" : "optional"} ;;`];
  };
  return [...arms(true), ...arms(false)].join("\n");
}

function descentArms(commands: readonly CompletionCommand[]): string {
  return commands
    .flatMap((command) =>
      command.subcommands.map((child) => {
        const names = [child.path.at(-1) ?? "", ...child.aliases].map((each) => at(command, each));
        return `        ${names.join(" | ")}) command=${shellQuote(child.path.join(" "))}; continue ;;`;
      }),
    )
    .join("\n");
}

function valueArms(commands: readonly CompletionCommand[], name: string): string {
  return commands
    .flatMap((command) =>
      command.options.flatMap(({ flags, value }) =>
        value === undefined ? [] : [`      ${flags.map((flag) => at(command, flag)).join(" | ")}) ${offer(value, name)} ;;`],
      ),
    )
    .join("\n");
}

function flagArms(commands: readonly CompletionCommand[], name: string): string {
  return commands
    .map((command) => {
      const flags = command.options.filter(({ hidden }) => !hidden).flatMap((option) => option.flags);
      return `      ${shellQuote(command.path.join(" "))}) ${name}_reply "$current" ${flags.map(shellQuote).join(" ")} ;;`;
    })
    .join("\n");
}

function argumentArms(commands: readonly CompletionCommand[], name: string): string {
  return commands
    .flatMap((command) => {
      const children = command.subcommands.flatMap((child) => [child.path.at(-1) ?? "", ...child.aliases]);
      const arms = command.arguments.map((argument, position) => {
        const pattern = argument.variadic ? `${at(command, "")}${position === 0 ? "*" : `[${position}-9]*`}` : at(command, String(position));
        return `    ${pattern}) ${offer(argument, name)} ;;`;
      });
      if (children.length === 0) return arms;
      return [`    ${at(command, "0")}) ${name}_reply "$current" ${children.map(shellQuote).join(" ")}; ${name}_none ;;`, ...arms];
    })
    .join("\n");
}

function offer({ words, files }: CompletionSlot, name: string): string {
  const steps = [
    ...(words.length === 0 ? [] : [`${name}_reply "$current" ${words.map(shellQuote).join(" ")}`]),
    ...(files === "folders" ? [`${name}_folders "$current"`] : []),
    ...(files === "none" ? [`${name}_none`] : []),
  ];
  return steps.length === 0 ? ":" : steps.join("; ");
}
