import { expect, test } from "vitest";
import { editorCommand, splitWords } from "../../src/adapters/editor-command.ts";

test.each([
  ["vi", ["+12", "/n/a.md"], true],
  ["/usr/bin/nvim", ["+12", "/n/a.md"], true],
  ["nano", ["+12", "/n/a.md"], true],
  ["emacs -nw", ["-nw", "+12", "/n/a.md"], true],
  ["hx", ["+12", "/n/a.md"], true],
  ["code --wait", ["--wait", "--goto", "/n/a.md:12"], false],
  ["codium", ["--goto", "/n/a.md:12"], false],
  ["cursor", ["--goto", "/n/a.md:12"], false],
  ["subl -n", ["-n", "/n/a.md:12"], false],
  ["zed", ["/n/a.md:12"], false],
  ["my-own-editor", ["/n/a.md"], true],
] as const)("%s is given the line in its own way", (editor, args, needsTerminal) => {
  expect(editorCommand(editor, "/n/a.md", 12)).toEqual({ command: editor.split(" ")[0], args, needsTerminal });
});

test("without a line the file stands alone", () => {
  expect(editorCommand("vim", "/n/a.md", undefined).args).toEqual(["/n/a.md"]);
});

test("programs of Windows are known by their names", () => {
  expect(editorCommand('"C:\\Program Files\\VS Code\\Code.exe" -n', "C:\\a.md", 3)).toEqual({
    command: "C:\\Program Files\\VS Code\\Code.exe",
    args: ["-n", "--goto", "C:\\a.md:3"],
    needsTerminal: false,
  });
});

test("words are split at spaces, quotes keep them together, and nothing is run or replaced", () => {
  expect(splitWords(`"/my editors/vim" -c 'set nowrap' --x="a b" $(reboot); rm`)).toEqual([
    "/my editors/vim",
    "-c",
    "set nowrap",
    "--x=a b",
    "$(reboot);",
    "rm",
  ]);
});
