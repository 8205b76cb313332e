import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createModelLocator, type ModelLocator } from "../../../src/adapters/models/model-locator.ts";
import { UserError } from "../../../src/domain/errors.ts";
import { LOGITS, TOKEN_VECTORS, writeFolder } from "../../support/model-folders.ts";
import type { GraphSketch } from "../../support/onnx-bytes.ts";

const PACKAGE_ROOT = resolve(import.meta.dirname, "../../..");
const COMMIT = "0123456789abcdef0123456789abcdef01234567";

let base: string;
let cache: string;
let cwd: string;
let locator: ModelLocator;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "rerank-locator-"));
  cache = join(base, "cache");
  cwd = join(base, "work");
  mkdirSync(cwd);
  locator = createModelLocator({ packageRoot: PACKAGE_ROOT, hubCacheFolder: cache, cwd, compiledFolder: join(base, "compiled") });
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

async function failure(promise: Promise<unknown> | (() => unknown)): Promise<UserError> {
  const error: unknown = await (typeof promise === "function" ? Promise.resolve().then(promise) : promise).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

/** A repository in the cache, as huggingface_hub leaves it. */
function cached(repo: string, graphs: Record<string, GraphSketch>, files: Record<string, object | string> = {}, { commit = COMMIT, reference = "main" } = {}): string {
  const folder = join(cache, `models--${repo.replace("/", "--")}`);
  writeFolder(join(folder, "snapshots", commit), files, graphs);
  if (reference !== "") {
    mkdirSync(join(folder, "refs"), { recursive: true });
    writeFileSync(join(folder, "refs", reference), commit);
  }
  return join(folder, "snapshots", commit);
}

const E5_VECTORS: GraphSketch = { outputs: { last_hidden_state: [null, null, 384] } };

describe("the bundled pair", () => {
  test("is complete and described by its card", async () => {
    const embedder = await locator.locate("mini", "embedder");
    expect(embedder).toMatchObject({
      role: "embedder",
      family: "encoder",
      id: "mini",
      precision: "int8",
      source: "bundled",
      folder: join(PACKAGE_ROOT, "models", "mini"),
      graphPath: join(PACKAGE_ROOT, "models", "mini", "onnx", "embedder.onnx"),
      maxTokens: 512,
      queryPrefix: "query: ",
      passagePrefix: "passage: ",
      pooling: "none",
      dimensions: 384,
      output: "sentence_embedding",
      readsInstruction: false,
      licence: "MIT",
    });
    expect(embedder.sizeBytes).toBeGreaterThan(44_000_000);
    expect(embedder.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(embedder.revision).toMatch(/^[0-9a-f]{16}$/);
    expect(await locator.locate("mini", "reranker")).toMatchObject({ role: "reranker", output: "logits", dimensions: 0, queryPrefix: "", pooling: "none", maxTokens: 512 });
  });

  test("is what runs when nobody has chosen", async () => {
    expect(await locator.usualPair()).toBe("mini");
    expect(locator.resolvePair("mini")).toEqual({ embedder: "mini", reranker: "mini" });
  });

  describe("copied elsewhere", () => {
    let copy: string;

    beforeAll(() => {
      copy = mkdtempSync(join(tmpdir(), "rerank-mini-"));
      cpSync(join(PACKAGE_ROOT, "models", "mini"), join(copy, "somewhere"), { recursive: true });
    });

    afterAll(() => rmSync(copy, { recursive: true, force: true }));

    test.each(["embedder", "reranker"] as const)("has the same fingerprint, so that an index survives the move: %s", async (role) => {
      const bundled = await locator.locate("mini", role);
      const moved = await locator.locate(join(copy, "somewhere"), role);
      expect(moved).toMatchObject({ fingerprint: bundled.fingerprint, source: "folder", id: join(copy, "somewhere") });
    });

    test("names both halves by one folder", () => {
      const folder = join(copy, "somewhere");
      expect(locator.resolvePair(folder)).toEqual({ embedder: folder, reranker: folder });
    });

    test("says which file is missing when the weights are gone", async () => {
      rmSync(join(copy, "somewhere", "onnx", "weights.bin"));
      expect((await failure(locator.locate(join(copy, "somewhere"), "embedder"))).message).toContain("weights.bin is missing");
    });
  });

  test("a package without its models says how to mend it", async () => {
    const broken = createModelLocator({ packageRoot: base, hubCacheFolder: cache, cwd, compiledFolder: join(base, "compiled") });
    expect((await failure(broken.locate("mini", "embedder"))).hint).toContain("install it again");
  });
});

describe("a local folder", () => {
  test("is read as sentence-transformers wrote it", async () => {
    const folder = writeFolder(
      join(cwd, "tuned"),
      {
        "config.json": { architectures: ["XLMRobertaModel"], model_type: "xlm-roberta", max_position_embeddings: 514, hidden_size: 32 },
        "modules.json": [
          { idx: 0, type: "sentence_transformers.models.Transformer", path: "" },
          { idx: 1, type: "sentence_transformers.models.Pooling", path: "1_Pooling" },
        ],
        "1_Pooling/config.json": { word_embedding_dimension: 32, pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
        "config_sentence_transformers.json": { prompts: { query: "find: ", document: "text: " } },
        "README.md": "---\nlicense: apache-2.0\nlanguage: en\n---\n# tuned\n",
      },
      { "onnx/model.onnx": TOKEN_VECTORS },
    );
    expect(await locator.locate("./tuned", "embedder")).toMatchObject({
      id: folder,
      source: "folder",
      graphPath: join(folder, "onnx", "model.onnx"),
      precision: "fp32",
      pooling: "cls",
      dimensions: 32,
      maxTokens: 512,
      queryPrefix: "find: ",
      passagePrefix: "text: ",
      output: "last_hidden_state",
      licence: "apache-2.0",
    });
  });

  test("reads at most as many tokens as sentence-transformers says", async () => {
    writeFolder(join(cwd, "m"), { "config.json": { max_position_embeddings: 512 }, "sentence_bert_config.json": { max_seq_length: 128 }, "tokenizer_config.json": { model_max_length: 1e30 } }, { "model.onnx": { outputs: { sentence_embedding: [null, 8] } } });
    expect(await locator.locate("./m", "embedder")).toMatchObject({ maxTokens: 128, pooling: "none", dimensions: 8 });
  });

  test("is a reranker when it classifies with one label", async () => {
    const folder = writeFolder(join(cwd, "judge"), { "config.json": { architectures: ["BertForSequenceClassification"], max_position_embeddings: 512 } }, { "onnx/model_quantized.onnx": LOGITS });
    expect(await locator.locate("judge", "reranker")).toMatchObject({ output: "logits", precision: "int8", dimensions: 0, maxTokens: 512 });
    const error = await failure(() => locator.resolvePair("./judge"));
    expect(error.message).toBe(`${folder} is a reranker alone, and a search needs both`);
    expect(error.hint).toContain("--embedder");
    expect((await failure(locator.locate("judge", "embedder"))).hint).toContain("--reranker");
  });

  test("is no reranker when it sorts into several classes", async () => {
    writeFolder(join(cwd, "mood"), {}, { "model.onnx": { outputs: { logits: [null, 3] } } });
    expect((await failure(locator.locate("./mood", "reranker"))).message).toContain("3 classes");
  });

  test("its own card has the last word", async () => {
    const files = {
      "rerank.json": { licence: "own", embedder: { graphs: { uint8: ["special.onnx"] }, pooling: "last", maxTokens: 77, queryPrefix: "Q ", output: "token_embeddings" } },
      "1_Pooling/config.json": { pooling_mode_mean_tokens: true },
    };
    writeFolder(join(cwd, "carded"), files, { "model.onnx": TOKEN_VECTORS, "special.onnx": { outputs: { token_embeddings: [null, null, 16] } } });
    expect(await locator.locate("./carded", "embedder")).toMatchObject({ precision: "uint8", pooling: "last", maxTokens: 77, queryPrefix: "Q ", dimensions: 16, licence: "own", output: "token_embeddings" });
  });

  test("takes pooling and prefixes from the known model that it was made from", async () => {
    writeFolder(join(cwd, "e5"), { "config.json": { _name_or_path: "intfloat/multilingual-e5-small", architectures: ["BertModel"] } }, { "model.onnx": TOKEN_VECTORS });
    expect(await locator.locate("./e5", "embedder")).toMatchObject({ pooling: "mean", queryPrefix: "query: ", passagePrefix: "passage: ", dimensions: 32 });
  });

  test("holds both roles when its graphs are named for them", async () => {
    const folder = writeFolder(join(cwd, "pair"), { "1_Pooling/config.json": { pooling_mode: "mean" } }, { "embedder.onnx": TOKEN_VECTORS, "reranker_int8.onnx": LOGITS });
    expect(locator.resolvePair("./pair")).toEqual({ embedder: folder, reranker: folder });
    expect(await locator.locate("./pair", "reranker")).toMatchObject({ graphPath: join(folder, "reranker_int8.onnx"), precision: "int8" });
    expect(await locator.locate("./pair", "embedder")).toMatchObject({ graphPath: join(folder, "embedder.onnx"), precision: "fp32" });
  });

  test("offers its precisions after a colon", async () => {
    writeFolder(join(cwd, "two"), { "1_Pooling/config.json": { pooling_mode: "mean" } }, { "onnx/model.onnx": TOKEN_VECTORS, "onnx/model_quantized.onnx": TOKEN_VECTORS });
    expect(await locator.locate("./two", "embedder")).toMatchObject({ precision: "int8" });
    const fp32 = await locator.locate("./two:fp32", "embedder");
    expect(fp32).toMatchObject({ precision: "fp32", id: `${join(cwd, "two")}:fp32` });
    expect(await locator.locate(fp32.id, "embedder")).toEqual(fp32);
    expect((await failure(locator.locate("./two:fp16", "embedder"))).message).toContain("in fp16");
  });

  test.each([
    ["no graph", {}, {}, "holds no ONNX graph"],
    ["no tokenizer", { "1_Pooling/config.json": { pooling_mode: "mean" } }, { "model.onnx": TOKEN_VECTORS }, "no tokenizer.json"],
    ["no pooling", {}, { "model.onnx": TOKEN_VECTORS }, "how its token vectors become one vector"],
    ["two poolings", { "1_Pooling/config.json": { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true } }, { "model.onnx": TOKEN_VECTORS }, "cls and mean pooling"],
    ["a pooling that is not ours", { "1_Pooling/config.json": { pooling_mode_max_tokens: true } }, { "model.onnx": TOKEN_VECTORS }, "max tokens pooling"],
    ["several graphs of unknown names", {}, { "a.onnx": TOKEN_VECTORS, "b.onnx": TOKEN_VECTORS }, "a.onnx, b.onnx"],
    ["another family", { "config.json": { model_type: "qwen2" } }, { "model.onnx": TOKEN_VECTORS }, "encoders and Qwen3 are what runs here"],
    ["a card that does not fit the graph", { "rerank.json": { embedder: { dimensions: 99, pooling: "mean" } } }, { "model.onnx": TOKEN_VECTORS }, "its card says 99"],
    ["a damaged configuration", { "config.json": "{" }, { "model.onnx": TOKEN_VECTORS }, "config.json is not JSON"],
    ["an unknown output", { "rerank.json": { embedder: { pooling: "mean" } } }, { "model.onnx": { outputs: { hidden: [null, 8] } } }, "its graph model.onnx gives hidden"],
    ["a dense layer outside of the graph", { "modules.json": [{ type: "sentence_transformers.models.Dense" }], "1_Pooling/config.json": { pooling_mode: "mean" } }, { "model.onnx": TOKEN_VECTORS }, "dense layer"],
    ["missing weights", { "1_Pooling/config.json": { pooling_mode: "mean" } }, { "model.onnx": { ...TOKEN_VECTORS, weightFiles: ["model.onnx_data"] } }, "model.onnx_data is missing"],
    ["weights outside", { "1_Pooling/config.json": { pooling_mode: "mean" } }, { "model.onnx": { ...TOKEN_VECTORS, weightFiles: ["../../x"] } }, "outside of its folder"],
  ] as [string, Record<string, object | string>, Record<string, GraphSketch>, string][])("with %s is refused in words", async (what, files, graphs, expected) => {
    const folder = writeFolder(join(cwd, "bad"), files, graphs);
    if (what === "no tokenizer") rmSync(join(folder, "tokenizer.json"));
    const error = await failure(locator.locate("./bad", "embedder"));
    expect(error.message).toContain(expected);
    expect(error.hint).toBeTruthy();
  });

  test("that is not there is named in full", async () => {
    const moved = await failure(locator.locate(`${join(cwd, "moved", "embedder")}:int8`, "embedder"));
    expect(moved).toMatchObject({ message: `there is no folder ${join(cwd, "moved", "embedder")}`, hint: expect.stringContaining("put the folder back, or name its new place with --models") });
    expect((await failure(locator.locate("./nowhere", "embedder"))).message).toBe(`there is no folder ${join(cwd, "nowhere")}`);
  });

  test("does not shadow a known name", async () => {
    writeFolder(join(cwd, "mini"), {}, {});
    expect(await locator.locate("mini", "embedder")).toMatchObject({ source: "bundled" });
    expect((await failure(locator.locate("./mini", "embedder"))).message).toContain("holds no ONNX graph");
  });
});

describe("fingerprints", () => {
  const open = async (name: string, card: object, graph: GraphSketch = TOKEN_VECTORS, tokenizer: object = {}): Promise<string> => {
    writeFolder(join(cwd, name), { "rerank.json": { embedder: { pooling: "mean", ...card } }, "tokenizer.json": tokenizer }, { "model.onnx": graph });
    return (await locator.locate(`./${name}`, "embedder")).fingerprint;
  };

  test("are equal for equal files and settings in two folders", async () => {
    expect(await open("a", {})).toBe(await open("b", {}));
  });

  test.each([
    ["pooling", { pooling: "cls" }],
    ["query prefix", { queryPrefix: "q: " }],
    ["passage prefix", { passagePrefix: "p: " }],
    ["token limit", { maxTokens: 100 }],
    ["precision", { graphs: { int8: ["model.onnx"] } }],
  ])("change with the %s", async (_what, card) => {
    expect(await open("a", {})).not.toBe(await open("b", card));
  });

  test("change with the weights and with the tokenizer", async () => {
    const first = await open("a", {}, { ...TOKEN_VECTORS, weights: Buffer.alloc(100, 1) });
    expect(await open("b", {}, { ...TOKEN_VECTORS, weights: Buffer.alloc(100, 2) })).not.toBe(first);
    expect(await open("c", {}, { ...TOKEN_VECTORS, weights: Buffer.alloc(100, 1) }, { normalizer: null })).not.toBe(first);
  });
});

describe("the hub's cache", () => {
  test("gives a known model by its name", async () => {
    const folder = cached("Xenova/multilingual-e5-small", { "onnx/model_quantized.onnx": E5_VECTORS });
    expect(await locator.locate("multilingual-e5-small", "embedder")).toMatchObject({
      id: "multilingual-e5-small",
      revision: COMMIT,
      source: "hub-cache",
      folder,
      pooling: "mean",
      queryPrefix: "query: ",
      precision: "int8",
    });
  });

  test("and by the other repositories of the same model", async () => {
    cached("intfloat/multilingual-e5-small", { "onnx/model.onnx": E5_VECTORS });
    expect(await locator.locate("multilingual-e5-small", "embedder")).toMatchObject({ precision: "fp32", id: "multilingual-e5-small" });
    expect(await locator.locate("intfloat/Multilingual-E5-small", "embedder")).toMatchObject({ id: "intfloat/multilingual-e5-small", pooling: "mean" });
  });

  test("has the same fingerprint as the same files in a folder", async () => {
    const folder = cached("BAAI/bge-reranker-base", { "onnx/model.onnx": LOGITS });
    const { fingerprint } = await locator.locate("bge-reranker-base", "reranker");
    cpSync(folder, join(cwd, "copy"), { recursive: true });
    expect(await locator.locate("./copy", "reranker")).toMatchObject({ fingerprint });
  });

  test("follows the reference, else takes the newest snapshot that has a graph", async () => {
    cached("acme/judge", { "onnx/model.onnx": LOGITS }, {}, { commit: "a".repeat(40), reference: "" });
    expect(await locator.locate("acme/judge", "reranker")).toMatchObject({ revision: "a".repeat(40), id: "acme/judge" });
    cached("acme/judge", { "onnx/model.onnx": LOGITS }, {}, { commit: "b".repeat(40) });
    expect(await locator.locate("acme/judge", "reranker")).toMatchObject({ revision: "b".repeat(40) });
    cached("acme/judge", {}, {}, { commit: "c".repeat(40) });
    expect((await locator.locate("acme/judge", "reranker")).revision).not.toBe("c".repeat(40));
  });

  test("a link whose blob is gone counts as absent", async () => {
    const folder = cached("acme/judge", {});
    mkdirSync(join(folder, "onnx"));
    symlinkSync("../../../blobs/gone", join(folder, "onnx", "model.onnx"));
    const error = await failure(locator.locate("acme/judge", "reranker"));
    expect(error.message).toContain("in the cache without an ONNX graph");
    expect(error.hint).toBe("bring it: rerank models pull acme/judge");
  });

  test("also finds what lies below hub/ and what transformers.js keeps", async () => {
    writeFolder(join(cache, "acme", "plain"), {}, { "onnx/model.onnx": LOGITS });
    expect(await locator.locate("acme/plain", "reranker")).toMatchObject({ source: "hub-cache" });
    writeFolder(join(cache, "hub", "models--acme--home", "snapshots", COMMIT), {}, { "onnx/model.onnx": LOGITS });
    expect(await locator.locate("acme/home", "reranker")).toMatchObject({ revision: COMMIT });
  });

  test("says where it looked and how to bring what is not here", async () => {
    const error = await failure(locator.locate("bge-reranker-base", "reranker"));
    expect(error.message).toContain("Xenova/bge-reranker-base and BAAI/bge-reranker-base looked for in");
    expect(error.message).toContain(cache);
    expect(error.hint).toBe("bring it: rerank models pull bge-reranker-base");
  });

  test("a model that Python brought without ONNX is not called missing", async () => {
    cached("BAAI/bge-reranker-v2-m3", {}, { "model.safetensors": "x" });
    expect((await failure(locator.locate("bge-reranker-v2-m3", "reranker"))).message).toContain("in the cache without an ONNX graph");
  });
});

describe("names", () => {
  test("a preset is a pair", () => {
    expect(locator.resolvePair("bge-m3")).toEqual({ embedder: "bge-m3", reranker: "bge-reranker-v2-m3" });
    expect(locator.resolvePair("BGE-Base-EN:fp32")).toEqual({ embedder: "bge-base-en-v1.5:fp32", reranker: "bge-reranker-base:fp32" });
  });

  test("a plus joins an embedder and a reranker, presets stand for their half", () => {
    expect(locator.resolvePair("multilingual-e5-small+bge-reranker-base")).toEqual({ embedder: "multilingual-e5-small", reranker: "bge-reranker-base" });
    expect(locator.resolvePair("mini + bge-m3")).toEqual({ embedder: "mini", reranker: "bge-reranker-v2-m3" });
  });

  test("the wrong side of the plus is an error", async () => {
    const error = await failure(() => locator.resolvePair("bge-reranker-base+mini"));
    expect(error.message).toBe("bge-reranker-base is no embedder");
    expect(error.hint).toContain("before the plus");
  });

  test("a single model names what is missing", async () => {
    const error = await failure(() => locator.resolvePair("bge-reranker-base"));
    expect(error.message).toBe("bge-reranker-base is a reranker alone, and a search needs both");
    expect(error.hint).toContain("multilingual-e5-small+bge-reranker-base");
    expect((await failure(() => locator.resolvePair("all-MiniLM-L6-v2"))).hint).toContain("--reranker");
  });

  test("an override fills or replaces its half", () => {
    expect(locator.resolvePair("bge-reranker-base", { embedder: "mini" })).toEqual({ embedder: "mini", reranker: "bge-reranker-base" });
    expect(locator.resolvePair("mini", { reranker: "bge-reranker-base" })).toEqual({ embedder: "mini", reranker: "bge-reranker-base" });
  });

  test("a folder with a plus in its name is a folder", () => {
    const folder = writeFolder(join(cwd, "c++"), {}, { "embedder.onnx": TOKEN_VECTORS, "reranker.onnx": LOGITS });
    expect(locator.resolvePair("./c++")).toEqual({ embedder: folder, reranker: folder });
  });

  test.each([
    ["minj", 'did you mean "mini"?'],
    ["bge-reranker-bsae", 'did you mean "bge-reranker-base"?'],
    ["multilingual-e5-smal", 'did you mean "multilingual-e5-small"?'],
    ["completely-unlike-anything", "`rerank models list`"],
  ])("%s is unknown, with a hint", async (name, hint) => {
    const error = await failure(() => locator.resolvePair(name));
    expect(error.message).toBe(`there is no model called "${name}"`);
    expect(error.hint).toContain(hint);
  });

  test.each(["", "  ", "a+b+c", "mini+"])("%j is an error", async (name) => {
    await failure(() => locator.resolvePair(name));
  });
});

describe("the list of models", () => {
  test("shows every role with state, size, licence and presets", async () => {
    cached("Xenova/bge-reranker-base", { "onnx/model_quantized.onnx": LOGITS });
    cached("BAAI/bge-m3", {}, {});
    const list = await locator.list();
    const find = (name: string, role: string) => list.find((item) => item.name === name && item.role === role);
    expect(find("mini", "embedder")).toMatchObject({ state: "bundled", precision: "int8", licence: "MIT", presets: ["mini"], repo: undefined });
    expect(find("mini", "reranker")).toMatchObject({ state: "bundled" });
    expect(find("bge-reranker-base", "reranker")).toMatchObject({ state: "here", presets: ["bge-base-en", "bge-small-zh", "e5-small", "e5-base"], languages: "Chinese, English" });
    expect(find("bge-m3", "embedder")).toMatchObject({ state: "damaged", problem: expect.stringContaining("without an ONNX graph") });
    expect(find("multilingual-e5-large", "embedder")).toMatchObject({ state: "absent", sizeBytes: 579_000_000 });
    expect(dirname(find("bge-reranker-base", "reranker")?.folder ?? "")).toContain("snapshots");
  });
});
