import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { openDocument } from "../../src/adapters/open-document.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

// Programs are shell scripts.
describe.skipIf(process.platform === "win32")("opening a document", () => {
  let folder: string;
  let lent: number;

  beforeEach(() => {
    folder = tempFolder();
    lent = 0;
    writeFiles(folder, { "a file.md": "# A\n", "paper.pdf": "%PDF", said: "" });
    install("editor", `printf '%s\\n' "$@" > "${join(folder, "said")}"`);
  });

  function install(name: string, script: string): void {
    writeFiles(folder, { [`bin/${name}`]: `#!/bin/sh\n${script}\n` });
    chmodSync(join(folder, "bin", name), 0o755);
  }

  function open(file: string, env: Record<string, string>, line: number | undefined = 7) {
    return openDocument(join(folder, file), line, {
      env: { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, ...env },
      platform: "linux",
      withTerminal(run) {
        lent += 1;
        return run();
      },
    });
  }

  const said = () => readFileSync(join(folder, "said"), "utf8");

  test("runs $EDITOR with its arguments while it has the terminal", async () => {
    install("vim", `printf '%s\\n' "$@" > "${join(folder, "said")}"`);
    await open("a file.md", { EDITOR: "vim -u NONE" });
    expect([said(), lent]).toEqual([`-u\nNONE\n+7\n${join(folder, "a file.md")}\n`, 1]);
  });

  test("prefers $VISUAL, and leaves the terminal alone for an editor with a window", async () => {
    install("code", `printf '%s\\n' "$@" > "${join(folder, "said")}"`);
    await open("a file.md", { EDITOR: "vim", VISUAL: "code" });
    expect([said(), lent]).toEqual([`--goto\n${join(folder, "a file.md")}:7\n`, 0]);
  });

  test("shows PDF files in the system's viewer, whatever the editor", async () => {
    install("xdg-open", `printf '%s\\n' "$@" > "${join(folder, "said")}"`);
    await open("paper.pdf", { EDITOR: "vim", DISPLAY: ":0" });
    expect(said()).toBe(`${join(folder, "paper.pdf")}\n`);
  });

  test("does not wait for a viewer that stays", async () => {
    install("xdg-open", "sleep 20");
    await open("paper.pdf", { DISPLAY: ":0" });
  });

  test.each([
    ["a file that is gone", "gone.md", { EDITOR: "editor" }, /gone\.md is not there any more/, /rerank index/],
    ["an editor that is not installed", "a file.md", { EDITOR: "no-such-editor-here" }, /no program no-such-editor-here/, /\$EDITOR/],
    ["no editor and no display", "a file.md", {}, /no editor is set/, /export EDITOR=/],
    ["a PDF file without a display", "paper.pdf", { EDITOR: "editor" }, /paper\.pdf needs a viewer/, /copy its path/],
  ] as const)("%s is a message with a remedy", async (_name, file, env, message, hint) => {
    const error = await userRejectionOf(open(file, env));
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  test("an editor that fails is named with its exit code", async () => {
    install("vim", "exit 3");
    const error = await userRejectionOf(open("a file.md", { EDITOR: "vim" }));
    expect(error.message).toBe("vim ended with exit code 3");
  });
});
