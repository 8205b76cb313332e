import { copyFile } from "node:fs/promises";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { linkIntoSnapshot, type LinkBlob } from "../../../src/adapters/hub/link-snapshot.ts";

let folder: string;
let blobPath: string;
let pointerPath: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-link-"));
  blobPath = join(folder, "blobs", "abc");
  pointerPath = join(folder, "snapshots", "main", "onnx", "model.onnx");
  mkdirSync(dirname(blobPath));
  writeFileSync(blobPath, "weights");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const refuses: LinkBlob = () => Promise.reject(Object.assign(new Error("operation not permitted"), { code: "EPERM" }));

test("copies where the file system has no links", async () => {
  await linkIntoSnapshot(blobPath, pointerPath, [refuses, refuses, copyFile]);
  expect(lstatSync(pointerPath).isSymbolicLink()).toBe(false);
  expect(readFileSync(pointerPath, "utf8")).toBe("weights");
});

test("replaces what bore the name before, and leaves nothing beside it", async () => {
  mkdirSync(dirname(pointerPath), { recursive: true });
  writeFileSync(pointerPath, "old");
  await linkIntoSnapshot(blobPath, pointerPath);
  expect(readFileSync(pointerPath, "utf8")).toBe("weights");
  expect(readdirSync(dirname(pointerPath))).toEqual(["model.onnx"]);
});

test("keeps the old file when no way works", async () => {
  mkdirSync(dirname(pointerPath), { recursive: true });
  writeFileSync(pointerPath, "old");
  await expect(linkIntoSnapshot(blobPath, pointerPath, [refuses])).rejects.toThrow("not permitted");
  expect(readFileSync(pointerPath, "utf8")).toBe("old");
});
