import { renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openSqliteStore } from "../../../src/adapters/sqlite-store/open-sqlite-store.ts";
import { generationFolder, nextGenerationFolder, switchGeneration } from "../../../src/adapters/index-home.ts";
import { openLocator } from "../../../src/cli/compose.ts";
import { openIndexViews, type IndexViewsOptions } from "../../../src/cli/serve/index-views.ts";
import type { ModelSpec } from "../../../src/domain/model-spec.ts";
import type { IndexView, IndexViews } from "../../../src/server/search/index-view.ts";
import { REMOTE_SETTINGS } from "../../support/remote-settings.ts";
import { MANIFEST } from "../../support/synthetic-index.ts";
import { tempFolder, writeFiles } from "../../support/temp-folder.ts";

const settings: IndexViewsOptions["settings"] = {
  ...REMOTE_SETTINGS,
  models: undefined, embedder: undefined, reranker: undefined, threads: 0, device: "cpu", precision: "auto", embedTokens: undefined, rerankTokens: undefined,
  longDocuments: "truncate", promptSeparator: "newline", recall: "auto", index: undefined,
};
const hub: IndexViewsOptions["hub"] = { cacheFolder: "/nowhere", offline: true } as IndexViewsOptions["hub"];
const opened: IndexViews[] = [];
afterEach(() => opened.splice(0).forEach((views) => views.close()));

function openViews(cwd: string): IndexViews {
  const views = openIndexViews({ settings, hub, cwd, onNotice() {} });
  opened.push(views);
  return views;
}

async function miniEmbedder(cwd: string): Promise<ModelSpec> {
  return openLocator(hub, cwd, { settings }).locate("mini", "embedder", {});
}

/** Adds a note of one passage, as another process would. */
function addNote(generation: string, path: string, spec: ModelSpec, fingerprint = spec.fingerprint): void {
  writeFiles(generation, {});
  const store = openSqliteStore(join(generation, "index.sqlite"), { create: true });
  store.writeManifest({ ...MANIFEST, embedderId: "mini", embedderFingerprint: fingerprint, embedTokens: spec.maxTokens, dimensions: spec.dimensions });
  const vector = new Float32Array(spec.dimensions);
  vector[path.length % spec.dimensions] = 1;
  store.saveVectors([{ vectorKey: path, vector }]);
  store.saveDocument({ path, sizeBytes: 1, mtimeMs: 1, contentHash: path, format: "text", title: path }, [{ text: path, headings: [], location: { startLine: 1, endLine: 1 }, vectorKey: path }]);
  store.close();
}

const pathsOf = (views: IndexViews): Promise<string[]> => views.use(async ({ store }) => store.paths().toSorted());
const sizeOf = (views: IndexViews): Promise<number> => views.use(async ({ vectorIndex }) => vectorIndex.size);

describe("the index that a server searches", () => {
  test("is found when it appears, and is missed when it is gone", async () => {
    const cwd = tempFolder();
    const views = openViews(cwd);
    await expect(pathsOf(views)).rejects.toMatchObject({ kind: "not-found", message: "no index here; run rerank index" });
    const home = { baseFolder: cwd, indexFolder: join(cwd, ".rerank") };
    writeFiles(cwd, { ".rerank/generation-1/x": "" });
    addNote(generationFolder(home), "a.md", await miniEmbedder(cwd));
    expect(await pathsOf(views)).toEqual(["a.md"]);
    renameSync(home.indexFolder, join(cwd, "elsewhere"));
    await expect(pathsOf(views)).rejects.toMatchObject({ kind: "not-found" });
  });

  test("is opened once, however many search at a time, and again when it was changed", async () => {
    const cwd = tempFolder();
    const spec = await miniEmbedder(cwd);
    writeFiles(cwd, { ".rerank/generation-1/x": "" });
    const generation = join(cwd, ".rerank/generation-1");
    addNote(generation, "a.md", spec);
    const views = openViews(cwd);
    const seen = new Set<IndexView>();
    await Promise.all(Array.from({ length: 5 }, () => views.use(async (view) => seen.add(view))));
    await views.use(async (view) => seen.add(view));
    expect(seen.size).toBe(1);
    addNote(generation, "second.md", spec);
    await expect.poll(() => sizeOf(views), { timeout: 20_000 }).toBe(2);
    expect(await pathsOf(views)).toEqual(["a.md", "second.md"]);
  });

  test("a search under way keeps the index that it began with, while others have the rebuilt one at once", async () => {
    const cwd = tempFolder();
    const spec = await miniEmbedder(cwd);
    writeFiles(cwd, { ".rerank/generation-1/x": "", ".rerank/generation-2/x": "" });
    const home = { baseFolder: cwd, indexFolder: join(cwd, ".rerank") };
    addNote(generationFolder(home), "old.md", spec);
    const views = openViews(cwd);
    let goOn = (): void => {};
    const wait = new Promise<void>((resolve) => (goOn = resolve));
    let begun = (): void => {};
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const underWay = views.use(async ({ store }) => {
      begun();
      await wait;
      return store.paths();
    });
    await hasBegun;
    addNote(nextGenerationFolder(home), "new.md", spec);
    switchGeneration(home);
    expect(await pathsOf(views)).toEqual(["new.md"]);
    goOn();
    expect(await underWay).toEqual(["old.md"]);
  });

  test("is closed when the last search has ended, and not opened again", async () => {
    const cwd = tempFolder();
    writeFiles(cwd, { ".rerank/generation-1/x": "" });
    addNote(join(cwd, ".rerank/generation-1"), "a.md", await miniEmbedder(cwd));
    const views = openViews(cwd);
    let kept: IndexView | undefined;
    await views.use(async (view) => {
      views.close();
      kept = view;
      expect(view.store.paths()).toEqual(["a.md"]);
    });
    expect(() => kept?.store.paths()).toThrow(/not open/);
    await expect(pathsOf(views)).rejects.toMatchObject({ kind: "unavailable" });
  });

  test("an index of another model is refused, until it is rebuilt", async () => {
    const cwd = tempFolder();
    const spec = await miniEmbedder(cwd);
    writeFiles(cwd, { ".rerank/generation-1/x": "" });
    addNote(join(cwd, ".rerank/generation-1"), "a.md", spec, "of another model");
    const views = openViews(cwd);
    await expect(pathsOf(views)).rejects.toThrow(/the index was built with/);
    rmSync(join(cwd, ".rerank/generation-1/index.sqlite"));
    addNote(join(cwd, ".rerank/generation-1"), "a.md", spec);
    utimesSync(join(cwd, ".rerank/generation-1/index.sqlite"), 1, 1);
    expect(await pathsOf(views)).toEqual(["a.md"]);
  });
});
