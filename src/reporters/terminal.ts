import { createSupportsHyperlinks } from "supports-hyperlinks";

/** What a stream can show. Decided once, at the start; `columns` of a live terminal change with its window. */
export interface Terminal {
  /** A person looks at it and lines can be repainted: not a pipe, not a CI log, not a dumb terminal. */
  readonly isTerminal: boolean;
  /** Columns of text, 20 or more; 80 where nobody knows. */
  readonly columns: number;
  readonly colors: boolean;
  readonly hyperlinks: boolean;
  /** Arrows, dots and bars beyond ASCII can be shown. */
  readonly unicode: boolean;
}

/** The environment variables that have a say. `process.env` fits. */
export type TerminalEnvironment = Readonly<
  Partial<
    Record<
      "NO_COLOR" | "FORCE_COLOR" | "FORCE_HYPERLINK" | "TERM" | "COLUMNS" | "CI" | "LC_ALL" | "LC_CTYPE" | "LANG",
      string | undefined
    >
  >
>;

export type ColorSetting = "auto" | "always" | "never";

export interface TerminalRequest {
  readonly stream: { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: TerminalEnvironment;
  /** The user's setting. "always" and "never" have the last word; "auto" asks the environment, then the stream. */
  readonly colorSetting: ColorSetting;
}

const DEFAULT_COLUMNS = 80;
/** Below this no layout is legible; a narrower window wraps. */
const LEAST_COLUMNS = 20;

export function describeTerminal({ stream, env, colorSetting }: TerminalRequest): Terminal {
  const isTTY = stream.isTTY === true;
  const isDumb = env.TERM === "dumb";
  const colors = hasColors(isTTY && !isDumb, env, colorSetting);
  return {
    isTerminal: isTTY && !isDumb && !isSet(env.CI),
    columns: columnsOf(stream, env),
    colors,
    hyperlinks: hasHyperlinks(stream, env, colors, colorSetting),
    unicode: hasUnicode(env),
  };
}

/** As Node does it, FORCE_COLOR wins over NO_COLOR: it is the more deliberate of the two. */
function hasColors(canColor: boolean, env: TerminalEnvironment, setting: ColorSetting): boolean {
  if (setting !== "auto") return setting === "always";
  if (env.FORCE_COLOR !== undefined) return isSet(env.FORCE_COLOR) || env.FORCE_COLOR === "";
  return canColor && !env.NO_COLOR;
}

/** A link is an escape sequence: whoever asked for none gets none. */
function hasHyperlinks(
  stream: TerminalRequest["stream"],
  env: TerminalEnvironment,
  colors: boolean,
  setting: ColorSetting,
): boolean {
  if (setting === "never") return false;
  if (env.FORCE_HYPERLINK !== undefined) return isSet(env.FORCE_HYPERLINK) || env.FORCE_HYPERLINK === "";
  return colors && stream.isTTY === true && createSupportsHyperlinks({ isTTY: true });
}

/** A terminal knows its width; elsewhere COLUMNS may say it. Some pseudo-terminals claim 0 columns. */
function columnsOf(stream: TerminalRequest["stream"], env: TerminalEnvironment): number {
  const fromEnv = /^\d{1,5}$/.test(env.COLUMNS ?? "") ? Number(env.COLUMNS) : 0;
  const columns = (stream.isTTY === true && stream.columns) || fromEnv || DEFAULT_COLUMNS;
  return Math.max(columns, LEAST_COLUMNS);
}

/**
 * Only a named character set other than UTF-8 and the Linux console, whose fonts lack the glyphs, speak against it:
 * containers and cron jobs run without any locale, before terminals that show everything.
 */
function hasUnicode(env: TerminalEnvironment): boolean {
  if (env.TERM === "linux") return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  const charset = /\.([^@]+)/.exec(locale)?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset);
}

/** "0" and "false" mean no, as in every tool that reads such variables. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value.toLowerCase() !== "false";
}
