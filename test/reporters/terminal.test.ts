import { afterEach, describe, expect, test, vi } from "vitest";
import { describeTerminal, type TerminalEnvironment } from "../../src/reporters/terminal.ts";

const tty = { isTTY: true, columns: 132 };
const pipe = {};

function describeTty(env: TerminalEnvironment, colorSetting: "auto" | "always" | "never" = "auto") {
  return describeTerminal({ stream: tty, env, colorSetting });
}

describe("describeTerminal", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("shows colours on a terminal and none in a pipe", () => {
    expect(describeTty({ TERM: "xterm-256color" })).toMatchObject({ isTerminal: true, colors: true, columns: 132 });
    expect(describeTerminal({ stream: pipe, env: {}, colorSetting: "auto" })).toEqual({
      isTerminal: false,
      columns: 80,
      colors: false,
      hyperlinks: false,
      unicode: true,
    });
  });

  test("obeys NO_COLOR unless it is empty", () => {
    expect(describeTty({ NO_COLOR: "1" }).colors).toBe(false);
    expect(describeTty({ NO_COLOR: "" }).colors).toBe(true);
  });

  test("lets FORCE_COLOR win over NO_COLOR and over a pipe", () => {
    expect(describeTerminal({ stream: pipe, env: { FORCE_COLOR: "1", NO_COLOR: "1" }, colorSetting: "auto" }).colors).toBe(true);
    expect(describeTty({ FORCE_COLOR: "0" }).colors).toBe(false);
  });

  test("gives the user's own setting the last word", () => {
    expect(describeTty({ NO_COLOR: "1" }, "always").colors).toBe(true);
    expect(describeTty({ FORCE_COLOR: "1" }, "never")).toMatchObject({ colors: false, hyperlinks: false });
  });

  test("repaints nothing on a dumb terminal or in CI", () => {
    expect(describeTty({ TERM: "dumb" })).toMatchObject({ isTerminal: false, colors: false });
    expect(describeTty({ CI: "true" })).toMatchObject({ isTerminal: false, colors: true });
    expect(describeTty({ CI: "false" }).isTerminal).toBe(true);
  });

  test("asks COLUMNS only where the stream does not know, and ignores nonsense", () => {
    const columns = (stream: object, COLUMNS: string) =>
      describeTerminal({ stream, env: { COLUMNS }, colorSetting: "auto" }).columns;
    expect(columns(tty, "60")).toBe(132);
    expect(columns({ isTTY: true, columns: 0 }, "60")).toBe(60);
    expect(columns(pipe, "120")).toBe(120);
    expect(columns(pipe, "-5")).toBe(80);
    expect(columns(pipe, "wide")).toBe(80);
    expect(columns(pipe, "3")).toBe(20);
  });

  test("draws in ASCII on the Linux console and where the locale names another character set", () => {
    expect(describeTty({ TERM: "linux" }).unicode).toBe(false);
    expect(describeTty({ LANG: "de_DE.ISO-8859-1" }).unicode).toBe(false);
    expect(describeTty({ LANG: "de_DE.ISO-8859-1", LC_ALL: "de_DE.UTF-8" }).unicode).toBe(true);
    expect(describeTty({ LANG: "C" }).unicode).toBe(true);
  });

  test("links where the terminal is known to, and where it is forced to", () => {
    for (const name of ["CI", "TERM", "TERM_PROGRAM", "FORCE_COLOR", "FORCE_HYPERLINK"]) vi.stubEnv(name, undefined);
    vi.stubEnv("VTE_VERSION", "7200");
    vi.stubEnv("COLORTERM", "truecolor");
    expect(describeTty({ TERM: "xterm-256color" }).hyperlinks).toBe(true);
    vi.stubEnv("VTE_VERSION", undefined);
    expect(describeTty({ TERM: "xterm-256color" }).hyperlinks).toBe(false);
    expect(describeTerminal({ stream: pipe, env: { FORCE_HYPERLINK: "1" }, colorSetting: "auto" }).hyperlinks).toBe(true);
    expect(describeTty({ FORCE_HYPERLINK: "0" }).hyperlinks).toBe(false);
  });
});
