import { expect, test } from "vitest";
import { canShowScreen, requireScreen } from "../../../src/cli/screen/require-screen.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

const TERMINAL = { stdin: { isTTY: true }, stdout: { isTTY: true } };

test("a terminal can show the screen, whatever CI=false says", () => {
  expect(canShowScreen({ TERM: "xterm-256color", CI: "false" }, TERMINAL)).toBe(true);
  requireScreen({}, TERMINAL);
});

test.each([
  ["a piped stdin", {}, { ...TERMINAL, stdin: {} }, /needs a terminal, and stdin is none/, /rerank --plain.*rerank search/],
  ["a piped stdout", {}, { ...TERMINAL, stdout: {} }, /needs a terminal, and stdout is none/, /rerank --plain/],
  ["a dumb terminal", { TERM: "dumb" }, TERMINAL, /TERM is dumb/, /rerank --plain/],
  ["a CI job", { CI: "true" }, TERMINAL, /CI is set/, /unset CI.*rerank --plain/],
] as const)("%s is named, with what to do instead", (_name, env, streams, message, hint) => {
  const error = userErrorOf(() => requireScreen(env, streams));
  expect(error.message).toMatch(message);
  expect(error.hint).toMatch(hint);
  expect(canShowScreen(env, streams)).toBe(false);
});
