import { cpSync, utimesSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openBeirFolder } from "../../../src/adapters/datasets/beir-folder.ts";
import { createHnswIndex } from "../../../src/adapters/hnsw-index.ts";
import { openSqliteStore } from "../../../src/adapters/sqlite-store/open-sqlite-store.ts";
import { startInference, type Inference } from "../../../src/inference/inference-client.ts";
import { buildIndex } from "../../../src/pipeline/build-index.ts";
import type { PassageStore } from "../../../src/ports/passage-store.ts";
import { miniEmbedderSpec } from "../../support/mini-specs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const KITCHEN = resolve(import.meta.dirname, "../../fixtures/datasets/kitchen");

let inference: Inference | undefined;
let store: PassageStore | undefined;

afterEach(async () => {
  await inference?.close();
  store?.close();
});

test("a corpus is indexed as folders are: by document id, without text left over, and only what changed the second time", async () => {
  const folder = join(tempFolder(), "kitchen");
  cpSync(KITCHEN, folder, { recursive: true });
  const { embedder } = (inference = startInference({ embedder: miniEmbedderSpec }));
  const opened = (store = openSqliteStore(join(tempFolder(), "index.sqlite"), { create: true }));
  const vectorIndex = createHnswIndex({ folder: tempFolder(), dimensions: miniEmbedderSpec.dimensions, fingerprint: "mini" });
  async function build() {
    const { corpus } = await openBeirFolder(folder, {});
    const { files, roots, readDocument } = corpus!;
    return buildIndex({ store: opened, files, readDocument, embedder, vectorIndex }, { roots, chunking: { maxTokens: 512, overlapTokens: 64 } });
  }
  const report = await build();
  expect(report).toMatchObject({ indexed: 5, passages: 5, embedded: 5, interrupted: false });
  expect(report.skipped.map(({ path, reason }) => [path, reason])).toEqual([["empty", "no-text"]]);
  expect(opened.paths().toSorted()).toEqual(["../con", "7", "howto/descale", "howto/茶 壶.md", "title-only"]);
  expect(opened.passagesOfDocument("7").map(({ headings, text }) => [headings, text])).toEqual([
    [[], "def boil(kettle):\n    kettle.fill()\n\n    while kettle.degrees < 100:\n        kettle.heat()\n\n    return kettle"],
  ]);
  expect(opened.passagesOfDocument("howto/descale").map(({ headings }) => headings)).toEqual([["Descaling a kettle"]]);
  const { vector } = await embedder.embedQuery("how do I remove limescale from a kettle?");
  const [nearest] = await vectorIndex.nearest(vector, 1);
  expect(opened.passagesOfVectors([nearest!.vectorId]).map(({ path }) => path)).toEqual(["howto/descale"]);

  expect(await build()).toMatchObject({ indexed: 0, unchanged: 5, embedded: 0 });
  utimesSync(join(folder, "corpus.jsonl"), 1, 1);
  expect(await build()).toMatchObject({ indexed: 0, unchanged: 5, embedded: 0, removed: 0 });
});
