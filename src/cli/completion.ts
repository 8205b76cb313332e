import type { Command } from "commander";
import { bashCompletion } from "./bash-completion.ts";
import { completionTree, type OfferedWords } from "./completion-tree.ts";
import { fishCompletion } from "./fish-completion.ts";
import { zshCompletion } from "./zsh-completion.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

const WRITERS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/**
 * A script that completes the program's commands, options, choices and paths in a shell. The script is static: pressing
 * Tab starts no process of ours.
 *
 * @param offered words for places where the program lists none, such as `{ "--models": ["mini"], "config key": ["limit"] }`.
 */
export function completionScript(shell: Shell, program: Command, offered: OfferedWords = {}): string {
  return WRITERS[shell](completionTree(program, offered));
}
