import { expect, test } from "vitest";
import { withDefaultCommand } from "../../src/cli/default-command.ts";

const completed = (...words: readonly string[]) => withDefaultCommand(["node", "rerank", ...words]).slice(2);

test.each([[[]], [["--plain"]], [["--models", "mini", "-c", "20"]], [["--plain", "limescale"]], [["--plain", "--help"]]])("%j opens the screen", (words) => {
  expect(completed(...words)).toEqual(["repl", ...words]);
});

test.each([[["search", "x"]], [["srch"]], [["--help"]], [["-h"]], [["--version"]], [["-V"]], [["help", "search"]], [["--index", "x", "search", "y"]]])(
  "%j stays as it is",
  (words) => {
    expect(completed(...words)).toEqual(words);
  },
);
