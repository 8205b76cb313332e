import { graphemesOf } from "../domain/graphemes.ts";
import { shortenEnd, shortenStart } from "../reporters/fit-text.ts";
import { printableLine } from "../reporters/printable.ts";
import { widthOf } from "../reporters/style.ts";
import { lineOf, type LineEdit } from "./edit-line.ts";
import type { Paint } from "./paint.ts";
import type { ScreenState } from "./screen-state.ts";

export interface DrawnQuery {
  readonly line: string;
  /** Where the cursor stands, from 0; `null` where nothing is being typed. */
  readonly cursor: number | null;
}

const LABELS = { instruction: "instruction", candidates: "candidates", filter: "only paths like" };
const PLACEHOLDERS = {
  query: "type a question and press Enter",
  instruction: "what the models should look for; empty: their own",
  candidates: "how many passages the reranker reads",
  filter: "docs/** or *.md; empty: all",
};

/** The line that is typed in: the query, or what a prompt asks for. */
export function queryLine(
  { query, prompt, historySearch, history, focus, helpScroll }: Pick<ScreenState, "query" | "prompt" | "historySearch" | "history" | "focus" | "helpScroll">,
  columns: number,
  paint: Paint,
): DrawnQuery {
  const { glyphs, bold, dim } = paint;
  if (historySearch !== null) {
    const label = `${columns < 39 ? "find" : "earlier query with"} ${glyphs.prompt} `;
    const typed = window(lineOf(historySearch.text), Math.min(24, columns - widthOf(label) - 1), glyphs.ellipsis);
    const room = columns - widthOf(label + typed.text) - 3;
    const found = historySearch.position === -1 ? "none" : printableLine(history[historySearch.position] ?? "");
    const shown = room < 4 ? "" : `   ${shortenEnd(found, room, glyphs.ellipsis)}`;
    return { line: dim(label) + typed.text + (historySearch.position === -1 ? dim(shown) : bold(shown)), cursor: widthOf(label) + typed.cursor };
  }
  const isLinePrompt = prompt !== null && prompt.kind !== "reranker";
  const line = isLinePrompt ? prompt.line : query;
  const label = `${isLinePrompt && columns >= 39 ? `${LABELS[prompt.kind]} ` : ""}${glyphs.prompt} `;
  const isActive = isLinePrompt || (prompt === null && focus === "query" && helpScroll === null);
  const room = columns - widthOf(label) - 1;
  if (line.text === "") {
    const placeholder = shortenEnd(PLACEHOLDERS[isLinePrompt ? prompt.kind : "query"], room, glyphs.ellipsis);
    return { line: bold(label) + dim(placeholder), cursor: isActive ? widthOf(label) : null };
  }
  const shown = window(isActive ? line : { text: line.text, cursor: 0 }, room, glyphs.ellipsis);
  return isActive
    ? { line: paint.bold(paint.relevance(label)) + shown.text, cursor: widthOf(label) + shown.cursor }
    : { line: dim(label) + bold(shown.text), cursor: null };
}

/** As much of a line as fits, with the cursor in it. */
function window({ text, cursor }: LineEdit, width: number, ellipsis: string): { readonly text: string; readonly cursor: number } {
  const before = text.slice(0, cursor);
  if (widthOf(text) <= width) return { text, cursor: widthOf(before) };
  // Some of what follows the cursor stays in sight.
  const after = text.slice(cursor);
  const room = Math.max(1, width - Math.min(widthOf(after), Math.floor(width / 4)));
  const head = shortenStart(before, room, graphemesOf(before).length === 0 ? "" : ellipsis);
  return { text: head + shortenEnd(after, Math.max(0, width - widthOf(head)), ellipsis), cursor: widthOf(head) };
}
