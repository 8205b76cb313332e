import { expect, test } from "vitest";
import { runtimePlace, type RuntimeSurroundings } from "../../src/config/runtime-folder.ts";

const LINUX: RuntimeSurroundings = { platform: "linux", userId: 1000, temporaryFolder: "/tmp" };

test("the socket lies in the user's runtime folder, else in a folder of the user's own among temporary files", () => {
  expect(runtimePlace({ XDG_RUNTIME_DIR: "/run/user/1000" }, LINUX)).toEqual({ folder: "/run/user/1000/rerank", socketPath: "/run/user/1000/rerank/serve.sock" });
  const temporary = { folder: "/tmp/rerank-1000", socketPath: "/tmp/rerank-1000/serve.sock" };
  expect(runtimePlace({}, LINUX)).toEqual(temporary);
  expect(runtimePlace({ XDG_RUNTIME_DIR: " " }, LINUX)).toEqual(temporary);
  // A relative path would mean another folder in each working directory.
  expect(runtimePlace({ XDG_RUNTIME_DIR: "run" }, LINUX)).toEqual(temporary);
});

test("a path that is too long for a socket gives way to the other one, and there is none where both are", () => {
  const long = `/run/${"x".repeat(80)}`;
  expect(runtimePlace({ XDG_RUNTIME_DIR: long }, LINUX)?.folder).toBe("/tmp/rerank-1000");
  expect(runtimePlace({ XDG_RUNTIME_DIR: long }, { ...LINUX, temporaryFolder: long })).toBeUndefined();
  // Bytes count, not letters.
  expect(runtimePlace({ XDG_RUNTIME_DIR: `/run/${"é".repeat(40)}` }, LINUX)?.folder).toBe("/tmp/rerank-1000");
});

test("there is none on Windows, where nobody could check whose it is", () => {
  expect(runtimePlace({ XDG_RUNTIME_DIR: "/run/user/1000" }, { ...LINUX, platform: "win32" })).toBeUndefined();
  expect(runtimePlace({}, { ...LINUX, userId: undefined })).toBeUndefined();
});
