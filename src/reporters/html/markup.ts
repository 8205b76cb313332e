import { printableLine } from "../printable.ts";

/** HTML that stands in a page as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text, which is escaped; markup, which is not; lists of both, which are joined. */
export type Insert = string | number | Markup | readonly Insert[];

/** Noncharacters, which HTML forbids even as references; U+FFFD stands for them. */
const FORBIDDEN = /\p{Noncharacter_Code_Point}/gu;
const REFERENCES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Markup from a template. Whatever comes from users passes through here as text, and so cannot become markup. */
export function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  return new Markup(parts.reduce((page, part, position) => page + inserted(inserts[position - 1] ?? "") + part));
}

/** One line of text, for element content and quoted attributes: control characters are shown, runs of line breaks, tabs and spaces are one space. */
export function escaped(text: string): string {
  return printableLine(text.replace(/[\t\n\v\f\r ]+/g, " "))
    .replace(FORBIDDEN, "\ufffd")
    .replace(/[&<>"']/g, (character) => REFERENCES[character] ?? "");
}

function inserted(insert: Insert): string {
  if (insert instanceof Markup) return insert.text;
  if (typeof insert === "string") return escaped(insert);
  return typeof insert === "number" ? String(insert) : insert.map(inserted).join("");
}
