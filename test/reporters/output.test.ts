import { spawn } from "node:child_process";
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/domain/errors.ts";
import { createOutput, formatBug, formatUserError } from "../../src/reporters/output.ts";

function memory() {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream, text: () => chunks.join("") };
}

function failing(code: string) {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(`write ${code}`), { code }));
    },
  });
}

describe("createOutput", () => {
  test("writes data to stdout and talk to stderr", async () => {
    const [stdout, stderr] = [memory(), memory()];
    const output = createOutput({ stdout: stdout.stream, stderr: stderr.stream });
    await output.write("one\n");
    output.notice("two");
    await output.drained();
    expect(stdout.text()).toBe("one\n");
    expect(stderr.text()).toBe("two\n");
    expect(output.closed).toBe(false);
  });

  test("waits for a slow reader", async () => {
    let release = () => {};
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        release = () => done();
      },
    });
    const output = createOutput({ stdout, stderr: memory().stream });
    let written = false;
    const write = output.write("x").then(() => {
      written = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBe(false);
    release();
    await write;
    expect(written).toBe(true);
  });

  test("takes a reader that went away for a normal end and says so once", async () => {
    const output = createOutput({ stdout: failing("EPIPE"), stderr: memory().stream });
    let calls = 0;
    output.onClosed(() => calls++);
    await output.write("x");
    await output.write("y");
    await output.drained();
    expect(output.closed).toBe(true);
    output.onClosed(() => calls++);
    expect(calls).toBe(2);
  });

  test("rejects with an error for the user when the disk is full", async () => {
    const output = createOutput({ stdout: failing("ENOSPC"), stderr: memory().stream });
    await expect(output.write("x")).rejects.toThrow("cannot write the output: no space left on the device");
    await expect(output.drained()).rejects.toBeInstanceOf(UserError);
  });

  test("lives on when nobody reads stderr", async () => {
    const stdout = memory();
    const output = createOutput({ stdout: stdout.stream, stderr: failing("EPIPE") });
    output.notice("talk");
    await output.drained();
    await output.write("data");
    expect(stdout.text()).toBe("data");
    expect(output.closed).toBe(false);
  });

  test("notices that the reader at the other end of a real pipe went away", async () => {
    const reader = spawn(process.execPath, ["-e", "process.stdin.once('data', () => process.exit())"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    const output = createOutput({ stdout: reader.stdin, stderr: memory().stream });
    const closed = new Promise<void>((resolve) => output.onClosed(resolve));
    while (!output.closed) {
      await output.write("line\n");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await closed;
  });
});

describe("formatUserError", () => {
  test("gives the message and the hint a line each", () => {
    expect(formatUserError(new UserError("no index here", { hint: "run `rerank index .`" }))).toBe(
      "rerank: no index here\n  hint: run `rerank index .`",
    );
    expect(formatUserError(new UserError("no index here"))).toBe("rerank: no index here");
  });

  test("lets no file name reach the terminal raw", () => {
    expect(formatUserError(new UserError("cannot read \u001b[2J.md\nat all"))).toBe("rerank: cannot read \\x1b[2J.md\n  at all");
  });
});

test("shows a bug with its stack and its cause", () => {
  const text = formatBug(new Error("outer", { cause: new TypeError("inner") }));
  expect(text).toMatch(/^rerank: unexpected error; please report it/);
  expect(text).toMatch(/Error: outer\n\s+at /);
  expect(text).toMatch(/\[cause\]: TypeError: inner/);
  expect(formatBug("a string")).toContain("'a string'");
});
