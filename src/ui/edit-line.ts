import { graphemeCeiling, graphemeFloor } from "../domain/graphemes.ts";
import { printableLine } from "../reporters/printable.ts";
import type { Key } from "./decode-keys.ts";

/** A line that is being typed. */
export interface LineEdit {
  readonly text: string;
  /** Offset in UTF-16 code units, never inside a user-perceived character. */
  readonly cursor: number;
}

export const EMPTY_LINE: LineEdit = { text: "", cursor: 0 };

/** Longer pastes are cut: no model reads as much in a query. */
const LONGEST_LINE = 4000;

/** With the cursor at its end. Line breaks become spaces. */
export function lineOf(text: string): LineEdit {
  return insert(EMPTY_LINE, text);
}

/** The line after a key; `null` where the key edits nothing. */
export function editLine(line: LineEdit, { name, text: typed }: Key): LineEdit | null {
  const { text, cursor } = line;
  switch (name) {
    case "text":
    case "paste":
      return insert(line, typed);
    case "left":
    case "ctrl-b":
      return { text, cursor: graphemeFloor(text, cursor - 1) };
    case "right":
    case "ctrl-f":
      return { text, cursor: graphemeCeiling(text, cursor + 1) };
    case "home":
    case "ctrl-a":
      return { text, cursor: 0 };
    case "end":
    case "ctrl-e":
      return { text, cursor: text.length };
    case "wordleft":
    case "alt-b":
      return { text, cursor: wordStart(text, cursor) };
    case "wordright":
    case "alt-f":
      return { text, cursor: wordEnd(text, cursor) };
    case "backspace":
    case "ctrl-h":
      return without(text, graphemeFloor(text, cursor - 1), cursor);
    case "delete":
    case "ctrl-d":
      return without(text, cursor, graphemeCeiling(text, cursor + 1));
    case "ctrl-w":
    case "alt-backspace":
      return without(text, wordStart(text, cursor), cursor);
    case "alt-d":
      return without(text, cursor, wordEnd(text, cursor));
    case "ctrl-u":
      return without(text, 0, cursor);
    case "ctrl-k":
      return without(text, cursor, text.length);
    default:
      return null;
  }
}

function insert({ text, cursor }: LineEdit, added: string): LineEdit {
  const oneLine = printableLine(added.replace(/\s*[\r\n]+\s*/g, " ").replaceAll("\t", " ")).slice(0, LONGEST_LINE - text.length);
  const joined = text.slice(0, cursor) + oneLine + text.slice(cursor);
  // What is typed may join with what stands before it: an accent, the next part of an emoji.
  return { text: joined, cursor: graphemeCeiling(joined, cursor + oneLine.length) };
}

function without(text: string, start: number, end: number): LineEdit {
  return { text: text.slice(0, start) + text.slice(end), cursor: start };
}

function wordStart(text: string, cursor: number): number {
  const before = text.slice(0, cursor).trimEnd();
  const start = before.search(/(?:[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]+)$/u);
  return start === -1 ? 0 : start;
}

function wordEnd(text: string, cursor: number): number {
  const word = /^\s*(?:[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]+)?/u.exec(text.slice(cursor));
  return cursor + (word?.[0].length ?? 0);
}
