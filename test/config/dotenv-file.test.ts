import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readDotenvFile } from "../../src/config/dotenv-file.ts";
import { isServeVariable } from "../../src/config/variable-aliases.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";
import { userErrorOf } from "../support/user-error-of.ts";

function read(content: string): Readonly<Record<string, string>> | undefined {
  const folder = tempFolder();
  writeFiles(folder, { ".env": content });
  return readDotenvFile(folder, isServeVariable)?.values;
}

function refusal(content: string) {
  return userErrorOf(() => read(content));
}

describe("a .env", () => {
  test("gives the variables that concern us, and none of other programs", () => {
    const values = read(
      "\uFEFF# server\r\nHOST=0.0.0.0\r\nexport PORT = 6006\r\nMODEL_DEVICE=cuda  # auto, cuda, cpu\r\nACCESS_TOKEN='a # b'\r\nRERANK_QUEUE_REQUESTS=\"9\"\r\n" +
        "DATABASE_URL=postgres://x\r\nPATH=/tmp\r\nNODE_OPTIONS=--require ./x.cjs\r\nhttps_proxy=http://x\r\nHF_ENDPOINT=https://hf-mirror.com\r\n",
    );
    expect(values).toEqual({
      HOST: "0.0.0.0",
      PORT: "6006",
      MODEL_DEVICE: "cuda",
      ACCESS_TOKEN: "a # b",
      RERANK_QUEUE_REQUESTS: "9",
      HF_ENDPOINT: "https://hf-mirror.com",
    });
  });

  test("that is not there, or is a folder, is none", () => {
    const folder = tempFolder();
    expect(readDotenvFile(folder, isServeVariable)).toBeUndefined();
    mkdirSync(join(folder, ".env"));
    expect(readDotenvFile(folder, isServeVariable)).toBeUndefined();
  });

  test("with a line that would swallow the next one is refused by its line", () => {
    const error = refusal("PORT=1\n\nwrite your token here\nACCESS_TOKEN=secret-secret-secret\n");
    expect(error.message).toMatch(/^line 3 of .*\.env is not NAME=value$/);
    expect(error.message).not.toContain("secret");
  });

  test.each(["ACCESS_TOKEN=ab#cdef", "export ACCESS_TOKEN = ab#cdef # mine", "ACCESS_TOKEN=#abcdef"])("does not cut a key at a # in it: %j is refused", (line) => {
    const error = refusal(`PORT=1\n${line}\n`);
    expect(error.message).toMatch(/^ACCESS_TOKEN in .*\.env has a # in it/);
    expect(error.message + error.hint).not.toContain("cdef");
  });

  test.each(['ACCESS_TOKEN="ab#cdef"', "ACCESS_TOKEN=abcdef # my#own", "ACCESS_TOKEN= # none yet", "OTHER=ab#cdef"])("takes %j", (line) => {
    expect(() => read(line)).not.toThrow();
  });

  test("that is too large is refused", () => {
    expect(refusal(`A=${"x".repeat(1_000_001)}`).message).toContain("larger than a megabyte");
  });

  test.skipIf(process.getuid?.() === 0)("that may not be read is an error", () => {
    const folder = tempFolder();
    writeFiles(folder, { ".env": "PORT=1" });
    chmodSync(join(folder, ".env"), 0);
    expect(userErrorOf(() => readDotenvFile(folder, isServeVariable)).message).toContain("cannot read");
  });
});
