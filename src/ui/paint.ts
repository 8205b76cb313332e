import { glyphsFor, type Glyphs } from "../reporters/style.ts";

/** The characters that only the screen draws with. */
export interface ScreenGlyphs extends Glyphs {
  readonly pointer: string;
  readonly prompt: string;
  readonly horizontal: string;
  readonly vertical: string;
  /** Where the line that joins the two orders turns: down and up on the first order's side, from above and from below on the other. */
  readonly turnDown: string;
  readonly turnUp: string;
  readonly fromAbove: string;
  readonly fromBelow: string;
  /** A full cell of a bar, then its fractions from one eighth (or the least there is) upwards. */
  readonly full: string;
  readonly fractions: readonly string[];
  /** Heights of a distribution, from one to the most. */
  readonly heights: readonly string[];
}

type Painter = (text: string) => string;

/**
 * How the screen writes. The colours are the sixteen of the user's own theme, and never the only sign of anything; bold,
 * dim, underlined and inverse are no colours and stay under NO_COLOR.
 */
export interface Paint {
  readonly glyphs: ScreenGlyphs;
  readonly bold: Painter;
  readonly dim: Painter;
  readonly underline: Painter;
  readonly inverse: Painter;
  readonly gained: Painter;
  readonly lost: Painter;
  readonly similarity: Painter;
  readonly relevance: Painter;
  readonly warning: Painter;
  readonly error: Painter;
  /** A term of the query in a text. */
  readonly match: Painter;
}

const UNICODE = {
  pointer: "▸",
  prompt: "❯",
  horizontal: "─",
  vertical: "│",
  turnDown: "╮",
  turnUp: "╯",
  fromAbove: "╰",
  fromBelow: "╭",
  full: "█",
  fractions: ["▏", "▎", "▍", "▌", "▋", "▊", "▉"],
  heights: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

const ASCII = {
  pointer: ">",
  prompt: ">",
  horizontal: "-",
  vertical: "|",
  turnDown: "+",
  turnUp: "+",
  fromAbove: "+",
  fromBelow: "+",
  full: "#",
  fractions: [".", "="],
  heights: [".", ":", "i", "I", "#"],
};

export function createPaint({ colors, unicode }: { readonly colors: boolean; readonly unicode: boolean }): Paint {
  const bold = attribute(1, 22);
  const colour = (code: number) => (colors ? attribute(code, 39) : plain);
  const magenta = colour(35);
  return {
    glyphs: { ...glyphsFor(unicode), ...(unicode ? UNICODE : ASCII) },
    bold,
    dim: attribute(2, 22),
    underline: attribute(4, 24),
    inverse: attribute(7, 27),
    gained: colour(32),
    lost: colour(31),
    similarity: colour(36),
    relevance: magenta,
    warning: colors ? colour(33) : bold,
    error: colors ? colour(31) : bold,
    match: (text) => bold(magenta(text)),
  };
}

function attribute(on: number, off: number): Painter {
  return (text) => (text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`);
}

function plain(text: string): string {
  return text;
}

/** A horizontal bar of `width` columns, always that wide. `fraction` is 0 to 1; what is more than nothing shows. */
export function bar(fraction: number, width: number, { full, fractions }: ScreenGlyphs): string {
  const steps = fractions.length + 1;
  const length = Math.max(fraction > 0 ? 1 : 0, Math.round(Math.min(1, Math.max(0, fraction)) * width * steps));
  const whole = Math.floor(length / steps);
  const rest = whole < width ? (fractions[(length % steps) - 1] ?? "") : "";
  const drawn = full.repeat(whole) + rest;
  return drawn + " ".repeat(Math.max(0, width - whole - (rest === "" ? 0 : 1)));
}
