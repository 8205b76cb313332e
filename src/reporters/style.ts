import { Chalk, type ChalkInstance } from "chalk";
import stringWidth from "string-width";
import type { Terminal } from "./terminal.ts";

/** The characters that a layout is drawn with. */
export interface Glyphs {
  readonly up: string;
  readonly down: string;
  readonly none: string;
  readonly ellipsis: string;
  readonly dot: string;
  readonly into: string;
  readonly to: string;
  readonly barDone: string;
  readonly barLeft: string;
}

/** How a reporter writes for one terminal. The colours are the sixteen of the user's own theme. */
export interface Style {
  readonly chalk: ChalkInstance;
  readonly glyphs: Glyphs;
  /** `text` as a terminal hyperlink (OSC 8), or as it is. `text` may carry colours. */
  link(url: string, text: string): string;
}

const UNICODE: Glyphs = {
  up: "↑",
  down: "↓",
  none: "–",
  ellipsis: "…",
  dot: "·",
  into: "›",
  to: "→",
  barDone: "━",
  barLeft: "─",
};

const ASCII: Glyphs = {
  up: "+",
  down: "-",
  none: "-",
  ellipsis: "...",
  dot: "-",
  into: ">",
  to: "->",
  barDone: "#",
  barLeft: ".",
};

export function glyphsFor(unicode: boolean): Glyphs {
  return unicode ? UNICODE : ASCII;
}

export function createStyle({ colors, hyperlinks, unicode }: Omit<Terminal, "columns">): Style {
  return {
    chalk: new Chalk({ level: colors ? 1 : 0 }),
    glyphs: glyphsFor(unicode),
    link: (url, text) => (hyperlinks ? `\u001b]8;;${url}\u001b\\${text}\u001b]8;;\u001b\\` : text),
  };
}

/** Columns that a text takes on a terminal: two for most Chinese characters and emoji, none for colours and links. */
export function widthOf(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text);
}

/** Columns of the widest text; 0 for none. */
export function widest(texts: readonly string[]): number {
  let most = 0;
  for (const text of texts) most = Math.max(most, widthOf(text));
  return most;
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** The same for one user-perceived character. They repeat, and string-width takes some microseconds for each. */
export function characterWidth(character: string): number {
  let width = knownWidths.get(character);
  if (width === undefined) {
    width = widthOf(character);
    if (knownWidths.size < MOST_KNOWN_WIDTHS) knownWidths.set(character, width);
  }
  return width;
}

const knownWidths = new Map<string, number>();
const MOST_KNOWN_WIDTHS = 20_000;

export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - widthOf(text))) + text;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
