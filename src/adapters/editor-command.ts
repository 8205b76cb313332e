import { basename } from "node:path";

export interface EditorCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** It draws in the terminal and reads keys from it, until it ends; others open a window of their own. */
  readonly needsTerminal: boolean;
}

/** By the name of the program: how it is told a line, and whether it opens a window. */
const PLUS_LINE = new Set(["vi", "vim", "nvim", "view", "vimx", "nano", "pico", "micro", "emacs", "emacsclient", "mg", "jed", "joe", "kak", "ne", "hx", "helix", "gvim", "mvim", "gedit", "less"]);
const GOTO_OPTION = new Set(["code", "code-insiders", "codium", "vscodium", "cursor", "windsurf"]);
const COLON_LINE = new Set(["subl", "sublime_text", "zed", "zeditor"]);
const WINDOWS = new Set([...GOTO_OPTION, "subl", "sublime_text", "zed", "zeditor", "gvim", "mvim", "gedit", "kate", "notepad", "notepad++", "mousepad", "open", "xdg-open", "bbedit"]);

/**
 * The command that opens a file in an editor, at a line where its family is known to take one.
 *
 * @param editor as in $EDITOR: a program, perhaps with arguments, perhaps in quotes.
 * @param line from 1; `undefined` where the file has none that a person would see.
 */
export function editorCommand(editor: string, file: string, line: number | undefined): EditorCommand {
  const [command = "", ...args] = splitWords(editor);
  const name = basename(command.replaceAll("\\", "/"))
    .toLowerCase()
    .replace(/\.(exe|cmd|bat)$/, "");
  const target = line === undefined ? [file] : targetOf(name, file, line);
  return { command, args: [...args, ...target], needsTerminal: !WINDOWS.has(name) };
}

function targetOf(name: string, file: string, line: number): string[] {
  if (PLUS_LINE.has(name)) return [`+${line}`, file];
  if (GOTO_OPTION.has(name)) return ["--goto", `${file}:${line}`];
  if (COLON_LINE.has(name)) return [`${file}:${line}`];
  return [file];
}

/** Words as a shell would split them, with quotes and nothing else: no variables, no substitution, no operators. */
export function splitWords(text: string): string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
