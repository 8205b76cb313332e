import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { createFramePainter } from "../../src/ui/frame-painter.ts";
import { widthOf } from "../../src/reporters/style.ts";
import { createLineBook } from "../../src/ui/line-book.ts";
import { openScreen } from "../../src/ui/open-screen.tsx";
import { fakeScreen } from "../support/fake-screen.ts";

describe("createFramePainter", () => {
  function paintFrames(frames: readonly (readonly string[])[], rows = 24): string[] {
    const written: string[] = [];
    const book = createLineBook();
    const painter = createFramePainter({ columns: 80, rows, write: (text) => written.push(text) }, book, () => null);
    for (const frame of frames) painter.stdout.write(frame.map((line) => book.put(line)).join("\n"));
    return written;
  }

  test("writes only the lines that changed, in one piece", () => {
    const [, second, ...more] = paintFrames([["one", "two", "three"], ["one", "2", "three"]]);
    expect(more).toEqual([]);
    expect(stripVTControlCharacters(second ?? "")).toBe("2");
    expect(second).toContain("\u001b[2;1H2\u001b[K");
  });

  test("writes nothing for a frame that is the same", () => {
    expect(paintFrames([["one"], ["one"]])).toHaveLength(1);
  });

  test("clears what a shorter frame leaves, and never paints below the last row", () => {
    const [first, second] = paintFrames([["one", "two", "three"], ["one"]], 2);
    expect(first).not.toContain("three");
    expect(second).toContain("\u001b[2;1H\u001b[J");
  });
});

describe("openScreen", () => {
  class FakeTerminal extends EventEmitter {
    columns = 100;
    rows = 20;
    readonly isTTY = true;
    screen: string[] = [];
    /** Of any line since `screen` was emptied. */
    widest = 0;

    /** As a terminal does it, as far as the painter uses one. */
    write(text: string): boolean {
      // oxlint-disable-next-line no-control-regex
      for (const [, row, line] of text.matchAll(/\u001b\[(\d+);1H((?:(?!\u001b\[\d+;\d+H|\u001b\[\?|\u001b\[J)[\s\S])*)/g)) {
        this.screen[Number(row) - 1] = stripVTControlCharacters(line ?? "");
        this.widest = Math.max(this.widest, widthOf(stripVTControlCharacters(line ?? "")));
      }
      return true;
    }
  }

  function start() {
    const world = fakeScreen();
    const stdout = new FakeTerminal();
    const rawModes: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (isRaw: boolean) => rawModes.push(isRaw), ref() {}, unref() {} });
    const stop = new AbortController();
    const ended = openScreen(world.services, {
      stdin: stdin as unknown as NodeJS.ReadStream,
      stdout: stdout as unknown as NodeJS.WriteStream,
      terminal: { colors: true, unicode: true },
      query: "capital of China",
      conditions: { candidateCount: 20, instruction: undefined, pathGlob: undefined, budgetMs: undefined },
      displayPath: (path) => `notes/${path}`,
      signal: stop.signal,
    });
    const settle = () => new Promise((resolve) => setTimeout(resolve, 80));
    return { world, stdout, stdin, stop, ended, rawModes, settle };
  }

  test("draws both orders on the terminal, follows its size and ends with q", async () => {
    const { world, stdout, stdin, ended, rawModes, settle } = start();
    world.load();
    world.search().recall();
    world.search().judge();
    world.search().finish();
    await settle();
    expect(stdout.screen[1]).toBe("❯ capital of China");
    expect(stdout.screen[3]).toMatch(/first stage, by similarity .* final order, by relevance/);
    expect(stdout.screen.join("\n")).toContain("notes/physics/gravity-2.md:43");
    stdout.columns = 60;
    stdout.emit("resize");
    await settle();
    expect(stdout.screen.join("\n")).not.toContain("first stage");
    stdin.write("q");
    await ended;
    expect(rawModes).toEqual([true, false]);
    expect(stdout.listenerCount("resize")).toBe(0);
  });

  test("paints all of a new size, and nothing of the old one, whose lines would wrap and scroll the screen", async () => {
    const { world, stdout, stop, ended, settle } = start();
    world.load();
    world.search().recall();
    await settle();
    for (const columns of [80, 40, 80]) {
      stdout.screen = [];
      stdout.widest = 0;
      stdout.columns = columns;
      stdout.emit("resize");
      await settle();
      expect(stdout.widest).toBeLessThanOrEqual(columns);
      // Both sizes have this line: it does not count as painted before.
      expect(stdout.screen[0]).toMatch(/^\S.* passages/);
      expect(Object.keys(stdout.screen)).toHaveLength(stdout.rows);
    }
    stop.abort();
    await ended;
  });

  test("ends when its signal aborts, and cancels what is running", async () => {
    const { world, stop, ended, settle } = start();
    await settle();
    stop.abort();
    await ended;
    expect(world.search().wasCancelled()).toBe(true);
  });

  test("rejects when a component cannot draw", async () => {
    const { ended, world } = start();
    const failed = expect(ended).rejects.toThrow();
    world.notice({ no: "line" } as unknown as string);
    await failed;
  });
});
