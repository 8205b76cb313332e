import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { clipboardTools, copyToClipboard } from "../../src/adapters/clipboard.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

test.each([
  ["macOS", "darwin", {}, ["pbcopy"]],
  ["Windows", "win32", {}, ["clip.exe"]],
  ["Wayland", "linux", { WAYLAND_DISPLAY: "wayland-0", DISPLAY: ":0" }, ["wl-copy", "xclip", "xsel"]],
  ["X", "linux", { DISPLAY: ":0" }, ["xclip", "xsel"]],
  ["WSL", "linux", { WSL_DISTRO_NAME: "Ubuntu" }, ["clip.exe"]],
  ["tmux without a display", "linux", { TMUX: "/tmp/tmux,1,0" }, ["tmux"]],
  ["a console", "linux", {}, []],
  ["ssh to a Mac: its clipboard is not the person's", "darwin", { SSH_CONNECTION: "1.2.3.4 5 6.7.8.9 22" }, []],
  ["ssh with a forwarded display", "linux", { SSH_TTY: "/dev/pts/1", DISPLAY: "localhost:10.0" }, ["xclip", "xsel"]],
] as const)("on %s the right tools are tried", (_name, platform, env, commands) => {
  expect(clipboardTools({ platform, env }).map(({ command }) => command)).toEqual(commands);
});

// Tools are shell scripts.
describe.skipIf(process.platform === "win32")("copying", () => {
  let folder: string;
  let written: string;

  beforeEach(() => {
    folder = tempFolder();
    written = "";
  });

  function install(name: string, script: string): void {
    writeFiles(folder, { [`bin/${name}`]: `#!/bin/sh\n${script}\n` });
    chmodSync(join(folder, "bin", name), 0o755);
  }

  const copy = (text: string, env: Record<string, string> = { DISPLAY: ":0" }) =>
    copyToClipboard(text, {
      env: { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, ...env },
      platform: "linux",
      writeToTerminal: (sequence) => (written += sequence),
    });

  test("hands the text to the first tool that takes it, and says which", async () => {
    install("xclip", "exit 1");
    install("xsel", `cat > "${join(folder, "taken")}"`);
    expect(await copy("重力 and more\n")).toBe("xsel");
    expect([readFileSync(join(folder, "taken"), "utf8"), written]).toEqual(["重力 and more\n", ""]);
  });

  test("does not wait for the process that a tool leaves behind to serve the text", async () => {
    install("xclip", "cat > /dev/null; sleep 20 &");
    expect(await copy("text")).toBe("xclip");
  });

  test("asks the terminal where no tool is there", async () => {
    expect(await copy("重力", {})).toBe("OSC 52");
    expect(written).toBe(`\u001b]52;c;${Buffer.from("重力").toString("base64")}\u0007`);
  });

  test("refuses what a terminal would drop", async () => {
    const error = await userRejectionOf(copy("x".repeat(80_000), {}));
    expect([error.message, error.hint, written]).toEqual([expect.stringMatching(/too long.*80000 bytes/), expect.stringMatching(/xclip/), ""]);
  });
});
