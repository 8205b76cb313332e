import { widthOf } from "./style.ts";

/** A part of a line that shows how far something is. */
export interface LinePart {
  /** "" counts as not there. */
  readonly text: string;
  /** What is worth less goes first where the line is too long. No two parts are worth the same. */
  readonly worth: number;
}

/** The parts, in their order, that fit into `columns` with a separator between them; the worthiest one in any case. */
export function keepWorthiest(parts: readonly LinePart[], columns: number, separator: string): string[] {
  let kept = parts.filter(({ text }) => text !== "");
  while (kept.length > 1 && widthOf(kept.map(({ text }) => text).join(separator)) > columns) {
    const least = Math.min(...kept.map(({ worth }) => worth));
    kept = kept.filter(({ worth }) => worth !== least);
  }
  return kept.map(({ text }) => text);
}
