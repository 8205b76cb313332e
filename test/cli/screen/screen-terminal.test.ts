import { EventEmitter } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openScreenTerminal, type ScreenTerminal, type ScreenTerminalOptions } from "../../../src/cli/screen/screen-terminal.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const ENTER_PAGE = "\u001b[?1049h";
const LEAVE_PAGE = "\u001b[?1049l";

/** A keyboard: what it is set to, and keys that a test types. */
class Keyboard extends EventEmitter {
  readonly fd = 0;
  readonly destroyed = false;
  isRaw = false;
  isRead = false;
  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }
  resume(): void {
    this.isRead = true;
  }
  pause(): void {
    this.isRead = false;
  }
  ref(): void {}
  unref(): void {}
  type(keys: string): void {
    this.emit("data", Buffer.from(keys));
  }
}

/** A page that is a file: what is written at once, as in a process that ends, arrives there too. */
class Page extends EventEmitter {
  columns = 80;
  readonly rows = 24;
  readonly fd: number;
  readonly file: string;
  written = "";
  constructor(file: string) {
    super();
    this.file = file;
    this.fd = openSync(file, "w");
  }
  write(text: string, onWritten?: () => void): boolean {
    this.written += text;
    onWritten?.();
    return true;
  }
  get restored(): string {
    return readFileSync(this.file, "utf8");
  }
}

let keyboard: Keyboard;
let page: Page;
let interrupts: number;
let terminal: ScreenTerminal;

beforeEach(() => {
  keyboard = new Keyboard();
  page = new Page(join(tempFolder(), "page"));
  interrupts = 0;
  terminal = openScreenTerminal({ stdin: keyboard, stdout: page, onInterrupt: () => interrupts++ } as unknown as ScreenTerminalOptions);
});
afterEach(() => {
  terminal.close();
  closeSync(page.fd);
});

describe("the terminal of a screen", () => {
  test("is taken raw, on a page of its own, with the wheel as arrow keys and no mouse", () => {
    expect([keyboard.isRaw, keyboard.isRead]).toEqual([true, true]);
    expect(page.written).toContain(ENTER_PAGE);
    expect(page.written).toContain("\u001b[?1007h");
    expect(page.written).not.toMatch(/\?100[0236]h/);
  });

  test("hands keys and frames on, and tells of Ctrl-C", () => {
    const keys: string[] = [];
    terminal.streams.stdin.on("data", (chunk: Buffer) => keys.push(chunk.toString()));
    keyboard.type("a\u0003");
    terminal.streams.stdout.write("frame");
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      expect([keys.join(""), interrupts]).toEqual(["a\u0003", 1]);
      expect(page.written.endsWith("frame")).toBe(true);
      expect([terminal.streams.stdout.columns, terminal.streams.stdout.isTTY]).toEqual([80, true]);
    });
  });

  test("is an editor's while it runs: cooked, on the usual page, nothing painted; then it is painted anew", async () => {
    let resizes = 0;
    terminal.streams.stdout.on("resize", () => resizes++);
    await terminal.lend(async () => {
      expect([keyboard.isRaw, keyboard.isRead]).toEqual([false, false]);
      expect(page.restored).toContain(LEAVE_PAGE);
      const before = page.written;
      await new Promise<void>((resolve) => terminal.streams.stdout.write("hidden", () => resolve()));
      expect(page.written).toBe(before);
    });
    expect([keyboard.isRaw, keyboard.isRead, resizes]).toEqual([true, true, 1]);
    expect(page.written.split(ENTER_PAGE)).toHaveLength(3);
  });

  test("is painted in the size that it has when it comes back: nobody was told of it meanwhile", async () => {
    const askAgain = () => void (page.columns = 60);
    process.on("SIGWINCH", askAgain);
    const sizes: number[] = [];
    terminal.streams.stdout.on("resize", () => sizes.push(terminal.streams.stdout.columns));
    await terminal.lend(async () => {});
    process.off("SIGWINCH", askAgain);
    expect(sizes).toEqual([60]);
  });

  test.each(["SIGINT", "SIGQUIT"] as const)("leaves %s to the pager that has it, and hears it again afterwards", async (name) => {
    let heard = 0;
    const listener = () => void heard++;
    process.on(name, listener);
    const before = process.listeners(name);
    await terminal.lend(async () => {
      process.emit(name, name);
      expect([process.listenerCount(name), heard]).toEqual([1, 0]);
    });
    expect(process.listeners(name)).toEqual(before);
    process.emit(name, name);
    process.off(name, listener);
    expect(heard).toBe(1);
  });

  test.skipIf(process.platform === "win32")("is given away at Ctrl-Z, also behind what was just typed, and never within pasted text", async () => {
    const stops: unknown[] = [];
    const kill = vi.spyOn(process, "kill").mockImplementation((...call) => {
      stops.push(call);
      return true;
    });
    try {
      keyboard.type("\u001b[200~a\u001a");
      keyboard.type("\u001a");
      keyboard.type("\u001a\u001b[201~");
      expect(stops).toEqual([]);
      keyboard.type("b\u001a");
      expect([stops, keyboard.isRaw]).toEqual([[[0, "SIGTSTP"]], false]);
      process.emit("SIGCONT", "SIGCONT");
      expect(keyboard.isRaw).toBe(true);
      await new Promise<void>((resolve) => setImmediate(resolve));
      expect(String(terminal.streams.stdin.read())).toBe("\u001b[200~a\u001a\u001a\u001a\u001b[201~b");
    } finally {
      kill.mockRestore();
    }
  });

  test("comes back to the screen when the editor fails, too", async () => {
    await expect(terminal.lend(() => Promise.reject(new Error("no editor")))).rejects.toThrow("no editor");
    expect(keyboard.isRaw).toBe(true);
  });

  test("is as it was after the end, also where the process just ends", () => {
    process.listeners("exit").at(-1)?.(0);
    expect([keyboard.isRaw, page.restored.includes(LEAVE_PAGE), page.restored.includes("\u001b[?25h")]).toEqual([false, true, true]);
    terminal.close();
    terminal.close();
    expect(page.restored.split(LEAVE_PAGE)).toHaveLength(3);
  });

  test("stays with nobody who is not asked for it after the end", async () => {
    terminal.close();
    await terminal.lend(async () => {});
    expect(keyboard.isRaw).toBe(false);
  });
});
