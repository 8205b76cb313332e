import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { folderIdentity, partialFolder, putInPlace, removeOlderVersions, removePartials } from "../../src/inference/compiled-folder.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";

let folder: string;
let compiled: string;
beforeEach(() => {
  folder = tempFolder();
  compiled = join(folder, "0123-embedder-int8-e2");
});

const names = (): string[] => readdirSync(folder).toSorted();
const reportOf = (path: string): string => readFileSync(join(path, "report.json"), "utf8");

describe("a folder that is complete", () => {
  beforeEach(() => writeFiles(partialFolder(compiled), { "report.json": "ours", "weights.bin": "1" }));

  test("comes to lie in its place", () => {
    expect(putInPlace(partialFolder(compiled), compiled, undefined)).toBe(true);
    expect(names()).toEqual([basename(compiled)]);
  });

  test("takes the place of the one that lay there when it was begun, and nothing of that stays", () => {
    writeFiles(compiled, { "report.json": "damaged", "more.bin": "1" });
    expect(putInPlace(partialFolder(compiled), compiled, folderIdentity(compiled))).toBe(true);
    expect(names()).toEqual([basename(compiled)]);
    expect(readdirSync(compiled).toSorted()).toEqual(["report.json", "weights.bin"]);
  });

  test.each([
    ["nothing", undefined],
    ["a damaged one", "2049 7"],
  ])("leaves alone what another process has put there meanwhile, where %s lay", (_what, replaced) => {
    writeFiles(compiled, { "report.json": "theirs" });
    expect(putInPlace(partialFolder(compiled), compiled, replaced)).toBe(false);
    expect(reportOf(compiled)).toBe("theirs");
  });

  test("that was taken away is an error, and what lies there stays", () => {
    writeFiles(compiled, { "report.json": "theirs" });
    expect(() => putInPlace(join(folder, "gone"), compiled, undefined)).toThrow("ENOENT");
    expect(reportOf(compiled)).toBe("theirs");
  });
});

describe("parts of earlier compilations", () => {
  test("go when their process is gone or was this one, and stay while another one writes them", () => {
    const { pid: dead } = spawnSync(process.execPath, ["-e", ""]);
    const parts = [`${dead}`, `${dead}-replaced`, `${process.pid}`, "nonsense"].map((part) => `${compiled}.partial-${part}`);
    const kept = [`${compiled}.partial-${process.ppid}`, join(folder, `0123-embedder-int8-e1.partial-${dead}`)];
    for (const path of [...parts, ...kept]) mkdirSync(path);
    removePartials(compiled);
    expect(names()).toEqual(kept.map((path) => basename(path)).toSorted());
  });

  test("are none where no model was compiled yet", () => {
    expect(() => removePartials(join(folder, "a", "b"))).not.toThrow();
    expect(existsSync(dirname(join(folder, "a", "b")))).toBe(false);
  });
});

test("graphs of older engines of the same checkpoint, role and precision go, and all others stay", () => {
  const older = ["0123-embedder-int8-e0", "0123-embedder-int8-e1"];
  const kept = ["0123-embedder-fp32-e1", "0123-embedder-int8-e1.lock", "0123-embedder-int8-e10", "0123-embedder-int8-e2", "0123-reranker-int8-e1", "4567-embedder-int8-e1"];
  for (const name of [...older, ...kept]) writeFiles(folder, { [`${name}/report.json`]: "{}" });
  removeOlderVersions(compiled);
  expect(names()).toEqual(kept);
});
