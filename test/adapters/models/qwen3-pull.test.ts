import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { downloadModelFiles, type DownloadedFiles } from "../../../src/adapters/hub/download-model-files.ts";
import { createModelLocator, type ModelLocator } from "../../../src/adapters/models/model-locator.ts";
import type { PullItem } from "../../../src/adapters/models/pull-plan.ts";
import { COMMIT, isContent, startHubServer, type HubServer } from "../../support/hub-server.ts";
import { checkpointFiles, shardedFiles, writeCheckpoint, writeCompiled } from "../../support/qwen3-folders.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const REPO = "Qwen/Qwen3-Reranker-0.6B";
const UNWANTED = { "vocab.json": "{}", "merges.txt": "", "pytorch_model.bin": "x", ".gitattributes": "" };

let cache: string;
let locator: ModelLocator;
let hub: HubServer | undefined;

beforeEach(() => {
  cache = tempFolder();
  locator = createModelLocator({
    packageRoot: resolve(import.meta.dirname, "../../.."),
    hubCacheFolder: cache,
    cwd: cache,
    compiledFolder: join(cache, "compiled"),
    compile: async (request) => writeCompiled(request),
  });
});

afterEach(async () => {
  await hub?.close();
  hub = undefined;
});

function only(name: string): PullItem {
  const [item, ...others] = locator.pullPlan(name);
  expect(others).toEqual([]);
  if (item === undefined) throw new Error("an item was expected");
  return item;
}

async function serve(repo: string, files: Record<string, string | Buffer>): Promise<HubServer> {
  const largeFiles = Object.keys(files).filter((path) => path.endsWith(".safetensors"));
  return (hub = await startHubServer({ repo, files, largeFiles }));
}

function bring({ repo, revision }: PullItem, wanted: PullItem["wanted"], signal?: AbortSignal): Promise<DownloadedFiles> {
  const endpoint = hub?.endpoint ?? "";
  return downloadModelFiles({ endpoint, cacheFolder: cache, offline: false, repo, revision, wanted, retries: { attempts: 1, baseDelayMs: 1, maxDelayMs: 10 }, ...(signal && { signal }) });
}

describe("what a download of Qwen3 brings", () => {
  test("a preset brings both halves, a half itself", () => {
    const plan = (name: string) => locator.pullPlan(name).map(({ repo, roles }) => ({ repo, roles }));
    expect(plan("qwen3-4b")).toEqual([
      { repo: "Qwen/Qwen3-Embedding-4B", roles: ["embedder"] },
      { repo: "Qwen/Qwen3-Reranker-4B", roles: ["reranker"] },
    ]);
    expect(plan("qwen3-reranker-8b:int4")).toEqual([{ repo: "Qwen/Qwen3-Reranker-8B", roles: ["reranker"] }]);
    expect(plan("qwen3-embedding-0.6b+bge-reranker-base").map(({ repo }) => repo)).toEqual(["Qwen/Qwen3-Embedding-0.6B", "Xenova/bge-reranker-base"]);
    expect(() => locator.pullPlan("qwen3-0.6b:fp16")).toThrow("fp32, int8, int4");
  });

  test("weights, tokenizer and configuration, and nothing else", () => {
    const small = ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "modules.json", "1_Pooling/config.json", "README.md"];
    const paths = [...Object.keys(UNWANTED), ...small, "model.safetensors"];
    expect(only("qwen3-reranker-0.6b").wanted(paths)).toEqual([...small, "model.safetensors"]);
  });

  test("a folder that has a checkpoint is there already", () => {
    writeCheckpoint(join(cache, "tuned"));
    expect(locator.pullPlan("./tuned")).toEqual([]);
    expect(locator.checkpoints("./tuned")).toHaveLength(2);
  });
});

describe("a role that is asked for", () => {
  test("narrows a pair to its half", () => {
    expect(locator.pullPlan("qwen3-4b", "reranker").map(({ repo }) => repo)).toEqual(["Qwen/Qwen3-Reranker-4B"]);
    expect(locator.pullPlan("mini+bge-reranker-base", "embedder")).toEqual([]);
    expect(locator.pullPlan("mini", "embedder")).toEqual([]);
  });

  test("and that a model does not play is the user's to mend", () => {
    writeCheckpoint(join(cache, "tuned-reranker"));
    expect(() => locator.pullPlan("qwen3-embedding-0.6b", "reranker")).toThrow("qwen3-embedding-0.6b is an embedder alone");
    expect(() => locator.pullPlan("./tuned-reranker", "embedder")).toThrow("tuned-reranker is a reranker alone");
    expect(locator.pullPlan("./tuned-reranker", "reranker")).toEqual([]);
  });
});

describe("a pulled Qwen3 model", () => {
  test("is located, and only then", async () => {
    await serve(REPO, { ...checkpointFiles(), ...UNWANTED });
    const item = only("qwen3-reranker-0.6b");
    expect(() => locator.checkpoints("qwen3-reranker-0.6b")).toThrow("not on this machine");
    const { folder } = await bring(item, item.wanted);
    expect(readdirSync(folder).sort()).toEqual(["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]);
    expect(locator.checkpoints("qwen3-reranker-0.6b:int4")).toEqual([{ name: "qwen3-reranker-0.6b:int4", role: "reranker" }]);
    expect(await locator.locate("qwen3-reranker-0.6b", "reranker")).toMatchObject({ family: "qwen3", revision: COMMIT, source: "hub-cache" });
  });

  test("may come in shards, and is not used before all of them are here", async () => {
    const files = shardedFiles();
    await serve(REPO, files);
    const item = only("qwen3-reranker-0.6b");
    const controller = new AbortController();
    const second = "model-00002-of-00002.safetensors";
    hub?.faults.push((request) => {
      if (isContent(second)(request)) controller.abort(new Error("Ctrl-C"));
      return isContent(second)(request);
    });
    await expect(bring(item, item.wanted, controller.signal)).rejects.toThrow("Ctrl-C");
    await expect(locator.locate("qwen3-reranker-0.6b", "reranker")).rejects.toThrow(`lacks ${second}`);
    hub?.faults.pop();
    const { folder } = await bring(item, item.wanted);
    expect(readFileSync(join(folder, second))).toEqual(files[second]);
    expect(hub?.contentRequests("model-00001-of-00002.safetensors")).toHaveLength(1);
    expect(await locator.locate("qwen3-reranker-0.6b", "reranker")).toMatchObject({ family: "qwen3" });
  });

  test("goes on from the bytes of an interrupted download", async () => {
    const files = { ...checkpointFiles(), "model.safetensors": Buffer.alloc(50_000, 3) };
    await serve(REPO, files);
    const digest = createHash("sha256").update(files["model.safetensors"]).digest("hex");
    const blobs = join(cache, "models--Qwen--Qwen3-Reranker-0.6B", "blobs");
    mkdirSync(blobs, { recursive: true });
    writeFileSync(join(blobs, `${digest}.incomplete`), files["model.safetensors"].subarray(0, 20_000));
    const item = only("qwen3-reranker-0.6b");
    const { folder } = await bring(item, item.wanted);
    expect(hub?.contentRequests("model.safetensors").map(({ range }) => range)).toEqual(["bytes=20000-"]);
    expect(readFileSync(join(folder, "model.safetensors"))).toEqual(files["model.safetensors"]);
  });

  test("of an unknown repository is looked at before its weights come", async () => {
    const item = only("acme/tuned-reranker");
    await serve("acme/tuned-reranker", { ...checkpointFiles(), "README.md": "---\nlicense: mit\n---\n" });
    const first = await bring(item, item.preview?.wanted ?? item.wanted);
    expect(readdirSync(first.folder)).toEqual(["config.json"]);
    expect(() => item.preview?.check(first.folder)).not.toThrow();
    await bring(item, item.wanted);
    expect(await locator.locate("acme/tuned-reranker", "reranker")).toMatchObject({ family: "qwen3", licence: "mit" });
  });

  test("of another family does not come at all", async () => {
    const item = only("acme/gemma-reranker");
    await serve("acme/gemma-reranker", { ...checkpointFiles(), "config.json": '{"model_type":"gemma"}' });
    const first = await bring(item, item.preview?.wanted ?? item.wanted);
    expect(() => item.preview?.check(first.folder)).toThrow("is of gemma");
    expect(existsSync(join(first.folder, "model.safetensors"))).toBe(false);
  });

  test("of an encoder's repository needs no look", () => {
    const paths = ["config.json", "tokenizer.json", "model.safetensors", "onnx/model.onnx"];
    expect(only("acme/encoder").preview?.wanted(paths)).toEqual([]);
    expect(only("acme/encoder").wanted(paths)).toEqual(["config.json", "tokenizer.json", "onnx/model.onnx"]);
  });
});
