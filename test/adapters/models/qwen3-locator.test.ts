import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { createModelLocator, type ModelLocator, type ModelLocatorOptions } from "../../../src/adapters/models/model-locator.ts";
import { UserError } from "../../../src/domain/errors.ts";
import type { CompileReport, CompileRequest } from "../../../src/ports/model-compiler.ts";
import { LOGITS, writeFolder } from "../../support/model-folders.ts";
import { cacheCheckpoint, QWEN3_CONFIG, shardedFiles, weights, writeCheckpoint, writeCompiled } from "../../support/qwen3-folders.ts";
import { tempFolder, writeFiles } from "../../support/temp-folder.ts";

const EMBEDDER = "Qwen/Qwen3-Embedding-0.6B";
const RERANKER = "Qwen/Qwen3-Reranker-0.6B";
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const PUBLISHED = "b22da4950000000000000000000000000000000a";

let cache: string;
let cwd: string;
let compiled: string;
let requests: CompileRequest[];
let asked: string[];
let locator: ModelLocator;

beforeEach(() => {
  const base = tempFolder();
  [cache, cwd, compiled] = [join(base, "cache"), join(base, "work"), join(base, "compiled")];
  mkdirSync(cwd);
  requests = [];
  asked = [];
  locator = open();
});

function open(options: Partial<ModelLocatorOptions> = {}, report: Partial<CompileReport> = {}): ModelLocator {
  return createModelLocator({
    packageRoot: resolve(import.meta.dirname, "../../.."),
    hubCacheFolder: cache,
    cwd,
    compiledFolder: compiled,
    compile: async (request, checkNeeds, id) => {
      await checkNeeds();
      asked.push(`${request.role} of ${id}`);
      requests.push(request);
      writeCompiled(request, report);
    },
    ...options,
  });
}

async function failure(promise: Promise<unknown>): Promise<UserError> {
  const error: unknown = await promise.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("a Qwen3 model in the hub's cache", () => {
  test("is compiled once, below its repository, revision, role, precision and engine version", async () => {
    const folder = cacheCheckpoint(cache, EMBEDDER, COMMIT);
    const spec = await locator.locate("qwen3-embedding-0.6b", "embedder");
    const compiledFolder = join(compiled, "Qwen--Qwen3-Embedding-0.6B", "0123456789abcdef-embedder-int8-e1");
    expect(requests).toEqual([{ role: "embedder", checkpointFolder: folder, precision: "int8", compiledFolder }]);
    expect(spec).toMatchObject({
      role: "embedder",
      family: "qwen3",
      id: "qwen3-embedding-0.6b:int8",
      revision: COMMIT,
      precision: "int8",
      source: "hub-cache",
      folder,
      graphPath: join(compiledFolder, "graph.onnx"),
      dimensions: 64,
      maxTokens: 8192,
      promptSeparator: "\n",
      readsInstruction: true,
      licence: "Apache-2.0",
      sizeBytes: 1000,
    });
    expect(spec.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(await locator.locate(spec.id, "embedder")).toEqual(spec);
    expect(requests).toHaveLength(1);
  });

  test("reads as many tokens as its role needs, or as the user wants, and never more than it was trained for", async () => {
    cacheCheckpoint(cache, RERANKER, COMMIT);
    expect(await locator.locate("qwen3-reranker-0.6b", "reranker")).toMatchObject({ dimensions: 0, maxTokens: 2048 });
    expect(await locator.locate("qwen3-reranker-0.6b", "reranker", { maxTokens: 4096, promptSeparator: "\n\n" })).toMatchObject({ maxTokens: 4096, promptSeparator: "\n\n" });
    const short = open({ compiledFolder: `${compiled}-short` }, { contextTokens: 512 });
    expect(await short.locate(RERANKER, "reranker")).toMatchObject({ maxTokens: 512 });
  });

  test.each([
    ["the name's colon", "qwen3-embedding-0.6b:fp32", "fp32"],
    ["the locator, where the name says nothing", "qwen3-embedding-0.6b", "int4"],
  ] as const)("takes its precision from %s", async (_what, name, precision) => {
    cacheCheckpoint(cache, EMBEDDER, COMMIT);
    const spec = await open({ usualPrecision: async () => "int4" }).locate(name, "embedder");
    expect(spec).toMatchObject({ precision, id: `qwen3-embedding-0.6b:${precision}` });
    expect(requests).toMatchObject([{ precision }]);
  });

  test("has the precision that the compiler could answer for", async () => {
    cacheCheckpoint(cache, EMBEDDER, COMMIT);
    const spec = await open({}, { precision: "fp32" }).locate("qwen3-embedding-0.6b", "embedder");
    expect(spec).toMatchObject({ precision: "fp32", id: "qwen3-embedding-0.6b:int8" });
    expect(basename(dirname(spec.graphPath))).toContain("-int8-");
    // By the id that an index stores, the same model is found again and not compiled once more.
    expect(await locator.locate(spec.id, "embedder")).toEqual(spec);
    expect(requests).toHaveLength(1);
  });

  test("does not run in precisions that only graphs have", async () => {
    cacheCheckpoint(cache, EMBEDDER, COMMIT);
    expect((await failure(locator.locate("qwen3-embedding-0.6b:fp16", "embedder"))).message).toContain("fp32, int8, int4");
  });

  test("the commit behind the published scores goes before the newest one", async () => {
    const published = cacheCheckpoint(cache, EMBEDDER, PUBLISHED, { isMain: false });
    cacheCheckpoint(cache, EMBEDDER, COMMIT, { fill: 2 });
    expect(await locator.locate("qwen3-embedding-0.6b", "embedder")).toMatchObject({ folder: published, revision: PUBLISHED });
    rmSync(join(published, "model.safetensors"));
    expect(await locator.locate("qwen3-embedding-0.6b", "embedder")).toMatchObject({ revision: COMMIT });
  });

  test("without a compiler says how to compile it", async () => {
    cacheCheckpoint(cache, EMBEDDER, COMMIT);
    const error = await failure(open({ compile: undefined }).locate("qwen3-embedding-0.6b", "embedder"));
    expect(error.message).toContain("not compiled yet");
    expect(error.hint).toContain("rerank models pull qwen3-embedding-0.6b:int8");
  });

  test.each([
    ["another engine's", { engineVersion: 99 }],
    ["half of a", "{"],
    ["a nonsensical", { precision: "fp16" as never }],
  ] as [string, Partial<CompileReport> | string][])("is compiled anew where %s report lies", async (_what, left) => {
    cacheCheckpoint(cache, EMBEDDER, COMMIT);
    const { graphPath } = await locator.locate("qwen3-embedding-0.6b", "embedder");
    if (typeof left === "string") writeFileSync(join(dirname(graphPath), "report.json"), left);
    else writeCompiled({ ...requests[0]!, compiledFolder: dirname(graphPath) }, left);
    await locator.locate("qwen3-embedding-0.6b", "embedder");
    expect(requests).toHaveLength(2);
  });

  test.each(["graph.onnx", "weights.bin"])("is compiled anew where %s is missing or cut short", async (name) => {
    cacheCheckpoint(cache, EMBEDDER, COMMIT);
    const { graphPath } = await locator.locate("qwen3-embedding-0.6b", "embedder");
    const path = join(dirname(graphPath), name);
    truncateSync(path, 3);
    await locator.locate("qwen3-embedding-0.6b", "embedder");
    expect(requests).toHaveLength(2);
    rmSync(path);
    await locator.locate("qwen3-embedding-0.6b", "embedder");
    expect(requests).toHaveLength(3);
    writeFileSync(join(dirname(graphPath), "passed-cpu"), "what a self-test leaves there");
    await locator.locate("qwen3-embedding-0.6b", "embedder");
    expect(requests).toHaveLength(3);
  });

  test("is no reranker when it is an embedder", async () => {
    cacheCheckpoint(cache, EMBEDDER, COMMIT);
    expect((await failure(locator.locate("qwen3-embedding-0.6b", "reranker"))).hint).toContain("--embedder");
  });

  test("that was never brought, or not all of it, says how to bring it", async () => {
    const absent = await failure(locator.locate("qwen3-4b", "embedder"));
    expect(absent.message).toContain("not on this machine: Qwen/Qwen3-Embedding-4B");
    expect(absent.hint).toBe("bring it: rerank models pull qwen3-embedding-4b, or the whole pair: rerank models pull qwen3-4b");
    const folder = cacheCheckpoint(cache, "Qwen/Qwen3-Embedding-4B", COMMIT);
    rmSync(join(folder, "model.safetensors"));
    expect((await failure(locator.locate("qwen3-4b", "embedder"))).message).toContain("in the cache without its safetensors");
  });

  test("of somebody else is found by its id, and its name tells its role", async () => {
    cacheCheckpoint(cache, "acme/legal-reranker", COMMIT);
    expect(await locator.locate("acme/legal-reranker:int4", "reranker")).toMatchObject({ family: "qwen3", precision: "int4" });
    expect((await failure(locator.locate("acme/legal-reranker", "embedder"))).message).toContain("it is a reranker");
  });
});

describe("a folder with a Qwen3 checkpoint", () => {
  test.each([
    ["a card", { "rerank.json": { reranker: {} }, "1_Pooling/config.json": { pooling_mode: "lasttoken" } }, "tuned", ["reranker"]],
    ["sentence-transformers' modules", { "modules.json": [{ type: "sentence_transformers.models.Pooling", path: "1_Pooling" }] }, "my-reranker", ["embedder"]],
    ["its pooling", { "1_Pooling/config.json": { pooling_mode: "lasttoken" } }, "tuned", ["embedder"]],
    ["sentence-transformers' score head", { "modules.json": [{ type: "sentence_transformers.cross_encoder.modules.LogitScore" }] }, "tuned", ["reranker"]],
    ["its name", {}, "Legal-ReRanker", ["reranker"]],
    ["the model that it was made from", { "config.json": { ...QWEN3_CONFIG, _name_or_path: "Qwen/Qwen3-Embedding-4B" } }, "tuned", ["embedder"]],
    ["nobody", {}, "tuned", ["embedder", "reranker"]],
  ] as [string, Record<string, object>, string, string[]][])("has the role that %s says", async (_what, files, name, roles) => {
    const folder = writeCheckpoint(join(cwd, name), files);
    expect(locator.checkpoints(`./${name}`)).toEqual(roles.map((role) => ({ name: folder, role })));
    for (const role of ["embedder", "reranker"] as const) {
      const located = locator.locate(`./${name}`, role);
      if (roles.includes(role)) expect(await located).toMatchObject({ family: "qwen3", role, source: "folder", folder });
      else expect((await failure(located)).message).toContain(`is no ${role}`);
    }
  });

  test("is compiled below its own name and the digest of its files", async () => {
    writeCheckpoint(join(cwd, "tuned"));
    const first = await locator.locate("./tuned", "embedder");
    expect(basename(dirname(dirname(first.graphPath)))).toBe("tuned");
    writeFileSync(join(cwd, "tuned", "model.safetensors"), weights(9));
    const second = await locator.locate("./tuned", "embedder");
    expect(second.revision).not.toBe(first.revision);
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(requests).toHaveLength(2);
  });

  test.each([
    ["向量模型", "向量模型"],
    ["модель 2", "модель-2"],
    ["???", "local"],
  ])("called %s is compiled below %s, and messages call it by its id", async (name, compiledName) => {
    const folder = writeCheckpoint(join(cwd, name));
    const spec = await locator.locate(`./${name}:fp32`, "reranker");
    expect(dirname(dirname(spec.graphPath))).toBe(join(compiled, compiledName));
    expect(asked).toEqual([`reranker of ${folder}`]);
  });

  test("may be of the plain architecture", async () => {
    writeCheckpoint(join(cwd, "plain"), { "config.json": { ...QWEN3_CONFIG, architectures: ["Qwen3Model"] } });
    expect(await locator.locate("./plain", "embedder")).toMatchObject({ family: "qwen3" });
  });

  test("of two folders is a pair", async () => {
    const pair = join(cwd, "my-finetune");
    writeCheckpoint(join(pair, "embedder"));
    writeCheckpoint(join(pair, "reranker"));
    expect(locator.resolvePair("./my-finetune")).toEqual({ embedder: join(pair, "embedder"), reranker: join(pair, "reranker") });
    expect(locator.resolvePair("./my-finetune:fp32").reranker).toBe(`${join(pair, "reranker")}:fp32`);
    expect(await locator.locate("./my-finetune", "reranker")).toMatchObject({ role: "reranker", folder: join(pair, "reranker") });
    expect(locator.resolvePair("mini", { reranker: "./my-finetune" }).embedder).toBe("mini");
  });

  test("is a half of a mixed pair", async () => {
    writeFolder(join(cwd, "cross"), {}, { "model.onnx": LOGITS });
    const tuned = writeCheckpoint(join(cwd, "tuned"));
    expect(locator.resolvePair("./tuned+./cross")).toEqual({ embedder: tuned, reranker: join(cwd, "cross") });
    expect(locator.resolvePair("qwen3-embedding-0.6b+bge-reranker-base")).toEqual({ embedder: "qwen3-embedding-0.6b", reranker: "bge-reranker-base" });
    expect(locator.resolvePair("qwen3-0.6b:fp32")).toEqual({ embedder: "qwen3-embedding-0.6b:fp32", reranker: "qwen3-reranker-0.6b:fp32" });
  });

  test("may be in shards", async () => {
    writeFiles(join(cwd, "large"), shardedFiles());
    expect(await locator.locate("./large", "embedder")).toMatchObject({ family: "qwen3" });
  });

  const SHARD = "model-00002-of-00002.safetensors";
  test.each([
    ["a missing shard", (folder: string) => rmSync(join(folder, SHARD)), `lacks ${SHARD}: 1 of its 2 shards`],
    ["a shard that git has not fetched", (folder: string) => writeFileSync(join(folder, SHARD), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"), `${SHARD} is a pointer of Git LFS`],
    ["no index of its shards", (folder: string) => rmSync(join(folder, "model.safetensors.index.json")), "has no model.safetensors.index.json"],
    ["an index that leads elsewhere", (folder: string) => writeFileSync(join(folder, "model.safetensors.index.json"), '{"weight_map":{"a":"../x.safetensors"}}'), "outside of its folder"],
    ["an empty index", (folder: string) => writeFileSync(join(folder, "model.safetensors.index.json"), "{}"), "names no weights"],
    ["no tokenizer", (folder: string) => rmSync(join(folder, "tokenizer.json")), "has no tokenizer.json"],
    ["no weights", (folder: string) => readdirSync(folder).filter((name) => name.startsWith("model")).forEach((name) => rmSync(join(folder, name))), "has no model.safetensors"],
  ])("with %s is refused in words", async (_what, damage, expected) => {
    const folder = join(cwd, "broken");
    writeFiles(folder, shardedFiles());
    damage(folder);
    const error = await failure(locator.locate("./broken", "embedder"));
    expect(error.message).toContain(expected);
    expect(error.hint).toBeTruthy();
    expect(requests).toEqual([]);
  });

  test("that disk and memory cannot hold is not compiled", async () => {
    const huge = { ...QWEN3_CONFIG, intermediate_size: 4_000_000, hidden_size: 4_000_000 };
    writeCheckpoint(join(cwd, "huge"), { "config.json": huge });
    const error = await failure(locator.locate("./huge", "embedder"));
    expect(error.message).toMatch(/needs \d+ TB of memory, and [\d.]+ [MGT]B are free/);
    expect(requests).toEqual([]);
  });
});

describe("cut vectors", () => {
  beforeEach(() => cacheCheckpoint(cache, EMBEDDER, COMMIT));

  test("are as long as asked for, of the same compiled model", async () => {
    const whole = await locator.locate("qwen3-embedding-0.6b", "embedder");
    const cut = await locator.locate("qwen3-embedding-0.6b", "embedder", { dimensions: 32 });
    expect(cut).toMatchObject({ dimensions: 32, graphPath: whole.graphPath });
    expect(cut.fingerprint).not.toBe(whole.fingerprint);
    expect(await locator.locate("qwen3-embedding-0.6b", "embedder", { dimensions: 64 })).toEqual(whole);
  });

  test.each([31, 65])("of %d numbers are refused by a model of 64", async (dimensions) => {
    const error = await failure(locator.locate("qwen3-embedding-0.6b", "embedder", { dimensions }));
    expect(error.message).toContain(`32 to 64 numbers, not ${dimensions}`);
  });

  test("are refused by encoders, which read fewer tokens when asked to", async () => {
    expect((await failure(locator.locate("mini", "embedder", { dimensions: 100 }))).message).toContain("have 384 numbers, and cannot be cut to 100");
    const usual = await locator.locate("mini", "embedder", { dimensions: 384, maxTokens: 8192 });
    expect(usual).toEqual(await locator.locate("mini", "embedder"));
    expect(await locator.locate("mini", "embedder", { maxTokens: 300 })).toMatchObject({ maxTokens: 300 });
  });
});

describe("fingerprints of Qwen3 models", () => {
  test("are equal for equal files in the cache and in a folder, whatever it is called", async () => {
    const folder = cacheCheckpoint(cache, EMBEDDER, COMMIT);
    cpSync(folder, join(cwd, "copy"), { recursive: true });
    const { fingerprint } = await locator.locate("qwen3-embedding-0.6b", "embedder");
    expect((await locator.locate("./copy", "embedder")).fingerprint).toBe(fingerprint);
    renameSync(join(cwd, "copy"), join(cwd, "moved"));
    utimesSync(join(cwd, "moved", "model.safetensors"), 1, 1);
    expect((await locator.locate("./moved", "embedder")).fingerprint).toBe(fingerprint);
  });

  test("change with whatever changes scores", async () => {
    cacheCheckpoint(cache, RERANKER, COMMIT);
    const name = "qwen3-reranker-0.6b";
    const other = open({ compiledFolder: `${compiled}-other` }, { choicesDigest: "others" });
    const specs = await Promise.all([
      locator.locate(name, "reranker"),
      locator.locate(name, "reranker", { maxTokens: 1024 }),
      locator.locate(name, "reranker", { promptSeparator: "\n\n" }),
      locator.locate(`${name}:fp32`, "reranker"),
      other.locate(name, "reranker"),
    ]);
    expect(new Set(specs.map(({ fingerprint }) => fingerprint)).size).toBe(specs.length);
  });

  test("of embedders do not change with the reranker's prompt", async () => {
    cacheCheckpoint(cache, EMBEDDER, COMMIT);
    const spec = await locator.locate("qwen3-embedding-0.6b", "embedder");
    expect(await locator.locate("qwen3-embedding-0.6b", "embedder", { promptSeparator: "\n\n" })).toEqual(spec);
  });
});

describe("the pair for those who have not chosen", () => {
  beforeEach(() => {
    cacheCheckpoint(cache, EMBEDDER, COMMIT);
    cacheCheckpoint(cache, RERANKER, COMMIT);
  });

  test("is Qwen3-0.6B as soon as both of its models are compiled, and nothing is compiled for it", async () => {
    expect(await locator.usualPair()).toBe("mini");
    expect(requests).toEqual([]);
    await locator.locate("qwen3-0.6b", "embedder");
    expect(await locator.usualPair()).toBe("mini");
    await locator.locate("qwen3-0.6b", "reranker");
    expect(await locator.usualPair()).toBe("qwen3-0.6b");
    expect(await open({ usualPrecision: async () => "int4" }).usualPair()).toBe("mini");
  });
});

describe("the list of models", () => {
  test("shows which precisions of a Qwen3 model can run at once", async () => {
    cacheCheckpoint(cache, EMBEDDER, COMMIT);
    const find = async (name: string) => (await locator.list()).find((model) => model.name === name);
    expect(await find("qwen3-embedding-0.6b")).toMatchObject({ state: "here", compiled: [], presets: ["qwen3-0.6b"], role: "embedder" });
    await locator.locate("qwen3-embedding-0.6b:int4", "embedder");
    await locator.locate("qwen3-embedding-0.6b", "embedder");
    expect(await find("qwen3-embedding-0.6b")).toMatchObject({ compiled: ["int8", "int4"] });
    expect(await find("qwen3-reranker-8b")).toMatchObject({ state: "absent", repo: "Qwen/Qwen3-Reranker-8B" });
  });

  test("names what is wrong with a damaged one", async () => {
    rmSync(join(cacheCheckpoint(cache, EMBEDDER, COMMIT), "tokenizer.json"));
    const listed = (await locator.list()).find((model) => model.name === "qwen3-embedding-0.6b");
    expect(listed).toMatchObject({ state: "damaged", problem: expect.stringContaining("tokenizer.json") });
  });
});
