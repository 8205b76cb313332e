import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findIndexHome, generationFolder, openInGeneration, removeOldGenerations } from "../../src/adapters/index-home.ts";
import { tempFolder } from "../support/temp-folder.ts";

function makeGeneration(folder: string, number: number): void {
  mkdirSync(join(folder, ".rerank", `generation-${number}`), { recursive: true });
  writeFileSync(join(folder, ".rerank", `generation-${number}`, "index.sqlite"), `store ${number}`);
}

test("a reader that a rebuild overtakes between two looks opens the new generation", () => {
  const folder = tempFolder();
  makeGeneration(folder, 1);
  const home = findIndexHome(folder, undefined);
  if (home === undefined) throw new Error("the index was not found");
  const opened = openInGeneration(home, (generation) => {
    if (generation.endsWith("-1")) {
      makeGeneration(folder, 2);
      writeFileSync(join(folder, ".rerank/CURRENT.new"), "2\n");
      renameSync(join(folder, ".rerank/CURRENT.new"), join(folder, ".rerank/CURRENT"));
      rmSync(generation, { recursive: true });
    }
    return readFileSync(join(generation, "index.sqlite"), "utf8");
  });
  expect(opened).toBe("store 2");
});

test("what a process that was killed after the switch has left behind is removed by the next writer, the next generation stays", () => {
  const folder = tempFolder();
  for (const number of [1, 2, 3]) makeGeneration(folder, number);
  writeFileSync(join(folder, ".rerank/CURRENT"), "2\n");
  const home = { baseFolder: folder, indexFolder: join(folder, ".rerank") };
  removeOldGenerations(home);
  expect(() => readFileSync(join(folder, ".rerank/generation-1/index.sqlite"))).toThrow("ENOENT");
  expect(readFileSync(join(folder, ".rerank/generation-3/index.sqlite"), "utf8")).toBe("store 3");
  expect(generationFolder(home)).toBe(join(folder, ".rerank/generation-2"));
});
