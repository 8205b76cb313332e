import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Argument, Command, Option } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { completionScript, SHELLS, type Shell } from "../../src/cli/completion.ts";
import { SETTING_KEYS, settingsOfCommand } from "../../src/config/settings-table.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-completion-"));
  mkdirSync(join(folder, "my notes"));
  mkdirSync(join(folder, "docs"));
  writeFileSync(join(folder, "a file.md"), "");
  for (const shell of SHELLS) writeFileSync(scriptOf(shell), completionScript(shell, program(), offered));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const offered = { "--models": ["mini", "bge-reranker-base", "a+b"], "config key": SETTING_KEYS };
const scriptOf = (shell: Shell) => join(folder, `.script.${shell}`);

function program(): Command {
  const root = new Command("rerank").version("1.0.0").option("--quiet", "say less");
  const search = root.command("search [query...]").alias("find").description("find passages: it's [quick]\nsecond line");
  for (const setting of settingsOfCommand("search")) {
    const option = new Option(setting.flag, setting.doc);
    if (setting.type === "choice") option.choices([...setting.choices]);
    if (setting.type === "list") option.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value]);
    search.addOption(option);
  }
  search.addOption(new Option("--secret-lever <x>").hideHelp()).option("--theme [name]", "optional value");
  root.command("rank <query> [file...]").description("rerank files");
  root.command("index [path...]").description("index folders");
  const config = root.command("config").description("settings");
  config.addArgument(new Argument("<action>").choices(["get", "set", "explain"])).argument("[key]").argument("[value...]");
  root.command("models").description("models").command("pull <name>").option("--json", "as JSON");
  root.command("buried", { hidden: true });
  return root;
}

function isInstalled(shell: Shell): boolean {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0;
}

function run(shell: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(shell, args, { cwd: folder, encoding: "utf8", env: { ...process.env, HOME: folder } });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

/** What one shell offers for a command line; the words before the last are complete. */
type Complete = (words: readonly string[]) => string[];

const completeInBash: Complete = (words) => {
  // As readline does it: "=" is a word of its own.
  const split = words.flatMap((word) => word.split(/(=)/).filter((part, position) => part !== "" || position === 0));
  const quoted = split.map((word) => `'${word}'`).join(" ");
  const code = `source "$1"; COMP_WORDS=(${quoted}); COMP_CWORD=${split.length - 1}; _rerank; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return lines(run("bash", ["--norc", "-c", code, "bash", scriptOf("bash")]));
};

const completeInFish: Complete = (words) => {
  const line = words.map((word, position) => (position < words.length - 1 && /[^\w=-]/.test(word) ? `"${word}"` : word)).join(" ");
  const code = `complete -e -c rerank; source "$argv[1]"; complete -C "$argv[2]"`;
  return lines(run("fish", ["--no-config", "-c", code, scriptOf("fish"), line])).map((entry) => entry.split("\t")[0] ?? "");
};

/** Types the line into an interactive zsh behind a pseudo terminal, presses Tab, and collects what compadd is given. */
const completeInZsh: Complete = (words) => {
  writeFileSync(join(folder, ".capture.zsh"), ZSH_CAPTURE);
  return lines(run("zsh", ["-f", join(folder, ".capture.zsh"), scriptOf("zsh"), words.join(" ")]));
};

function lines(output: string): string[] {
  return [...new Set(output.split(/\r?\n/).filter((line) => line !== ""))];
}

const ZSH_CAPTURE = String.raw`
zmodload zsh/zpty || exit 1
zpty child zsh -f -i
zpty -w child "PROMPT=; unsetopt zle_bracketed_paste 2>/dev/null; autoload -Uz compinit; compinit -u -d $PWD/.zcompdump; source $1"
zpty -w child 'compadd() {
  local -a asked hits; zparseopts -E -a asked O: A: D:
  if (( $#asked )); then builtin compadd "$@"; return; fi
  builtin compadd -A hits "$@"; (( $#hits )) && print -l -- "<hit>"$^hits
  builtin compadd "$@"
}
bindkey "^I" complete-word; zstyle ":completion:*" list-prompt ""; LISTMAX=10000
finish() { print -l "<end>"; exit }; zle -N finish; bindkey "^X" finish; print ready-now'
while zpty -r child line; do [[ $line == *ready-now* && $line != *print* ]] && break; done
zpty -n -w child "$2"$'\t'$'\x18'
while zpty -r child line; do
  [[ $line == *"<end>"* ]] && break
  line=\${line%$'\n'}; line=\${line%$'\r'}
  [[ $line == *"<hit>"* ]] && print -r -- "\${line##*<hit>}"
done
zpty -d child
`.replaceAll("\\$", "$");

describe.each([
  ["bash", completeInBash],
  ["zsh", completeInZsh],
  ["fish", completeInFish],
] as const)("in %s", (shell, complete) => {
  const check = isInstalled(shell) ? test : (title: string, _run: () => void) => test.skip(`${title} (${shell} is not installed)`, () => {});

  check("the script has no syntax error", () => {
    run(shell, shell === "fish" ? ["--no-execute", scriptOf(shell)] : ["-n", scriptOf(shell)]);
  });

  check("commands are offered, with aliases and without hidden ones", () => {
    const all = complete(["rerank", ""]);
    expect(all).toEqual(expect.arrayContaining(["search", "find", "rank", "index", "config", "models", "help"]));
    expect(all).not.toContain("buried");
    expect(complete(["rerank", "mo"])).toEqual(["models"]);
  });

  check("options are those of the command, without hidden ones", () => {
    const flags = complete(["rerank", "search", "--"]);
    expect(flags.map((flag) => flag.replace(/=$/, ""))).toEqual(
      expect.arrayContaining(["--limit", "--no-rerank", "--min-relevance", "--help", "--quiet", "--path"]),
    );
    expect(flags.join(" ")).not.toMatch(/--secret-lever|--version|--json/);
    expect(complete(["rerank", "models", "pull", "--j"])).toEqual(["--json"]);
  });

  check("an alias completes as its command", () => {
    expect(complete(["rerank", "find", "--min"]).map((flag) => flag.replace(/=$/, ""))).toEqual(["--min-relevance"]);
  });

  check("choices are offered for an option's value, in the next word and behind the equals sign", () => {
    expect(complete(["rerank", "search", "--color", "a"]).toSorted()).toEqual(["always", "auto"]);
    const joined = complete(["rerank", "search", "--recall=h"]).map((word) => word.replace(/^--recall=/, ""));
    expect(joined).toEqual(["hnsw"]);
  });

  check("model names are offered from the list, and folders beside them", () => {
    expect(complete(["rerank", "search", "--models", "b"])).toEqual(["bge-reranker-base"]);
    const all = complete(["rerank", "search", "--models", ""]).map((word) => word.replace(/\/$/, ""));
    expect(all).toEqual(expect.arrayContaining(["mini", "bge-reranker-base", "a+b", "docs"]));
    expect(all).not.toContain("a file.md");
  });

  check("an option's value is not taken for the command or an argument", () => {
    expect(complete(["rerank", "search", "--limit", "5", "--color", "nev"])).toEqual(["never"]);
    expect(complete(["rerank", "config", "get", "minR"])).toEqual(["minRelevance"]);
  });

  check("arguments are offered by their place", () => {
    expect(complete(["rerank", "config", ""]).toSorted()).toEqual(["explain", "get", "set"]);
    expect(complete(["rerank", "config", "set", "ov"])).toEqual(["overlapTokens"]);
    expect(complete(["rerank", "models", "p"])).toEqual(["pull"]);
  });
});

describe("in bash", () => {
  test("the function is registered, with file names where it offers nothing", () => {
    const registered = run("bash", ["--norc", "-c", `source "$1"; complete -p rerank`, "bash", scriptOf("bash")]);
    expect(registered.trim()).toBe("complete -o bashdefault -o default -F _rerank rerank");
  });

  test("file names are left to bash for file arguments, and switched off where none belong", () => {
    const code = (words: string, cword: number) =>
      `compopt() { echo "compopt $*"; }; source "$1"; COMP_WORDS=(${words}); COMP_CWORD=${cword}; _rerank; echo "\${#COMPREPLY[@]}"`;
    const answer = (words: string, cword: number) => lines(run("bash", ["--norc", "-c", code(words, cword), "bash", scriptOf("bash")]));
    expect(answer("rerank index ''", 2)).toEqual(["0"]);
    expect(answer("rerank rank query ''", 3)).toEqual(["0"]);
    expect(answer("rerank rank ''", 2)).toEqual(["compopt +o default +o bashdefault", "0"]);
    expect(answer("rerank search --limit ''", 3)).toEqual(["compopt +o default +o bashdefault", "0"]);
  });

  test("folders with spaces in their names are single words", () => {
    expect(completeInBash(["rerank", "search", "--index", "my"])).toEqual(["my notes"]);
  });

  test("after -- nothing is an option", () => {
    expect(completeInBash(["rerank", "search", "--", "--li"])).toEqual([]);
  });

  test("an optional value is offered nothing, and does not swallow the next option", () => {
    expect(completeInBash(["rerank", "search", "--theme", "--col"])).toEqual(["--color"]);
  });
});

test("what the program says cannot run in the shell", () => {
  const marker = join(folder, "executed");
  const evil = new Command("rerank");
  evil
    .command("x")
    .description(`it's $(touch ${marker}) \`touch ${marker}\` "; touch ${marker}; '`)
    .addOption(new Option("--a <b>", `'$(touch ${marker})`).choices([`$(touch ${marker})`, `';touch ${marker};'`]));
  for (const shell of SHELLS.filter(isInstalled)) {
    writeFileSync(scriptOf(shell), completionScript(shell, evil));
    const complete = { bash: completeInBash, zsh: completeInZsh, fish: completeInFish }[shell];
    complete(["rerank", "x", "--a", ""]);
    complete(["rerank", "x", "-"]);
    expect(spawnSync("ls", [marker]).status).not.toBe(0);
  }
});
