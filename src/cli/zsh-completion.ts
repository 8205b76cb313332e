import { shellQuote } from "../reporters/shell-quote.ts";
import { allCommands, type CompletionCommand, type CompletionOption, type CompletionSlot } from "./completion-tree.ts";

/** For a file `_rerank` in $fpath, or for `eval "$(rerank completion zsh)"`. */
export function zshCompletion(root: CompletionCommand): string {
  const [program = ""] = root.path;
  const functionName = nameOf(root);
  return `#compdef ${program}
# zsh completion for ${program}. Save it as ${functionName} in a folder of $fpath, or load it with: eval "$(${program} completion zsh)"

${allCommands(root).map(commandFunction).join("\n\n")}

# As a file of $fpath this text is the body of the function; evaluated, it registers the function.
if [[ $funcstack[1] == ${functionName} ]]; then
  ${functionName} "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef ${functionName} ${program}
fi
`;
}

function nameOf({ path }: CompletionCommand): string {
  return `_${path.map((name) => name.replace(/\W/g, "_")).join("_")}`;
}

function commandFunction(command: CompletionCommand): string {
  const options = command.options.filter(({ hidden }) => !hidden).flatMap(optionSpecs);
  return command.subcommands.length === 0
    ? leafFunction(command, [...options, ...argumentSpecs(command)])
    : branchFunction(command, options);
}

function leafFunction(command: CompletionCommand, specs: readonly string[]): string {
  return `${nameOf(command)}() {
  _arguments -s -S ${continued(specs)}
}`;
}

function branchFunction(command: CompletionCommand, options: readonly string[]): string {
  const children = command.subcommands.flatMap((child) =>
    [child.path.at(-1) ?? "", ...child.aliases].map((name) => ({ name, child })),
  );
  return `${nameOf(command)}() {
  local curcontext="$curcontext" state ret=1
  local -a line commands
  local -A opt_args
  _arguments -C -s -S ${continued([...options, shellQuote("1: :->command"), shellQuote("*:: :->rest")])} && ret=0
  case $state in
    command)
      commands=(
${children.map(({ name, child }) => `        ${shellQuote(`${escapeColons(name)}:${child.doc}`)}`).join("\n")}
      )
      _describe -t commands command commands && ret=0
      ;;
    rest)
      case $words[1] in
${children.map(({ name, child }) => `        ${shellQuote(name)}) ${nameOf(child)} && ret=0 ;;`).join("\n")}
      esac
      ;;
  esac
  return ret
}`;
}

function continued(specs: readonly string[]): string {
  return specs.map((spec) => `\\\n    ${spec}`).join(" ");
}

function optionSpecs({ flags, doc, repeatable, value }: CompletionOption): string[] {
  const once = repeatable ? "*" : flags.length > 1 ? `(${flags.join(" ")})` : "";
  return flags.map((flag) => {
    // "+" and "=": the value may be in the same word or in the next one.
    const joint = value === undefined ? "" : flag.startsWith("--") ? "=" : "+";
    const text = `[${doc.replace(/[\\\]:[]/g, "\\$&")}]`;
    const rest = value === undefined ? "" : `${value.required ? ":" : "::"}${escapeColons(value.name)}:${action(value)}`;
    return shellQuote(`${once}${flag}${joint}${text}${rest}`);
  });
}

function argumentSpecs({ arguments: slots }: CompletionCommand): string[] {
  return slots.map((slot, position) =>
    shellQuote(`${slot.variadic ? "*" : position + 1}:${escapeColons(slot.name)}:${action(slot)}`),
  );
}

function action({ words, files }: CompletionSlot): string {
  const list = `(${words.map((word) => word.replace(/[^\p{L}\p{N}_./+@=,-]/gu, "\\$&")).join(" ")})`;
  const paths = files === "folders" ? "_files -/" : "_files";
  if (words.length === 0) return files === "none" ? " " : paths;
  // A bare colon would end the action.
  return files === "none" ? list : `{ _alternative "words\\:word\\:${list}" "paths\\:path\\:${paths}" }`;
}

function escapeColons(text: string): string {
  return text.replace(/[\\:]/g, "\\$&");
}
