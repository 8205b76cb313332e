import { copyFileSync, cpSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorkplace, expectExit, expectUserError, type Workplace } from "./support/workplace.ts";

const TINY = fileURLToPath(new URL("../fixtures/models/tiny-bert", import.meta.url));
const MINI = fileURLToPath(new URL("../../models/mini", import.meta.url));
const TINY_CARD = {
  embedder: { graphs: { fp32: ["model.onnx"] }, output: "last_hidden_state", pooling: "mean", dimensions: 3, maxTokens: 12, queryPrefix: "", passagePrefix: "" },
  reranker: { graphs: { fp32: ["model.onnx"] }, output: "two_labels", maxTokens: 12 },
};

let place: Workplace;

beforeAll(async () => {
  place = createWorkplace({ "docs/a.md": "# Apples\n\nApples keep for months in a cool cellar.\n" });
  cpSync(TINY, place.path("tiny"), { recursive: true });
  writeFileSync(place.path("tiny/rerank.json"), JSON.stringify(TINY_CARD));
  // The bundled files under other names: 45 MB that need no copy.
  mkdirSync(place.path("half/onnx"), { recursive: true });
  for (const name of readdirSync(MINI)) if (statSync(`${MINI}/${name}`).isFile()) symlinkSync(`${MINI}/${name}`, place.path("half", name));
  for (const name of ["embedder.onnx", "reranker.onnx"]) copyFileSync(`${MINI}/onnx/${name}`, place.path("half/onnx", name));
  expectExit(await place.rerank(["index", "docs"]), 0);
});
afterAll(() => place.remove());

describe("another embedder than the index's", () => {
  test("is refused by a search, which names both", async () => {
    expectUserError(await place.rerank(["search", "apples", "--embedder", "./tiny"]), /the index was built with the embedder mini, not .*tiny/, /rerank index --rebuild/);
  });

  test("is refused by index, and taken by a rebuild; searches then use it unasked", async () => {
    place.write({ "switch/docs/a.md": "# Apples\n\nApples keep for months.\n" });
    cpSync(place.path("tiny"), place.path("switch/tiny"), { recursive: true });
    expectExit(await place.rerank(["index", "docs"], { cwd: "switch" }), 0);
    expectUserError(await place.rerank(["index", "--embedder", "./tiny"], { cwd: "switch" }), /the embedder mini, not .*tiny/, /rerank index --rebuild/);
    expectExit(await place.rerank(["index", "--rebuild", "--embedder", "./tiny"], { cwd: "switch" }), 0);
    const { stdout } = expectExit(await place.rerank(["search", "apples", "--json"], { cwd: "switch/docs" }), 0);
    expect(JSON.parse(stdout)).toMatchObject({ models: { embedder: { id: expect.stringContaining("tiny") }, reranker: { id: "mini" } } });
  });
});

describe("a model", () => {
  test.each([
    ["whose name nobody knows", ["--models", "minni"], /no model called "minni"/, /mini|rerank models list/],
    ["whose folder is missing", ["--reranker", "./nowhere"], /there is no folder .*nowhere/, /ONNX/],
    ["whose folder holds no graph", ["--reranker", "./docs"], /docs holds no ONNX graph/, /rerank models list/],
    ["that is on the hub and not here", ["--reranker", "bge-reranker-base"], /bge-reranker-base/, /rerank models pull bge-reranker-base/],
  ] as const)("%s is named, with what to do", async (_what, args, message, hint) => {
    expectUserError(await place.rerank(["search", "apples", ...args]), message, hint);
  });

  test("whose graph is no graph is the user's error, and is found before anything is loaded", async () => {
    cpSync(place.path("tiny"), place.path("wrong"), { recursive: true });
    writeFileSync(place.path("wrong/model.onnx"), "these are no bytes of ONNX");
    expectUserError(await place.rerank(["search", "apples", "--reranker", "./wrong"]), /wrong\/model\.onnx is damaged/, /\S/);
  });

  test("whose tokenizer is broken is the user's error", async () => {
    cpSync(place.path("tiny"), place.path("mute"), { recursive: true });
    writeFileSync(place.path("mute/tokenizer.json"), '{"broken":');
    mkdirSync(place.path("mute-work/.rerank"), { recursive: true });
    const index = ["index", "../docs", "--index", "./.rerank", "--embedder", "../mute"];
    expectUserError(await place.rerank(index, { cwd: "mute-work" }), /mute\/tokenizer\.json/, /\S/);
    expectUserError(await place.rerank(["status", "--index", "./.rerank"], { cwd: "mute-work" }), /there is no index/, /rerank index/);
  });

  test("whose weights are missing is the user's error", async () => {
    expectUserError(await place.rerank(["search", "apples", "--reranker", "./half"]), /half\/onnx\/reranker\.onnx.*weights\.bin is missing/, /\S/);
  });
});

test("models list names the bundled pair and the ones that can be pulled", async () => {
  const { stdout } = expectExit(await place.rerank(["models", "list"]), 0);
  expect(stdout).toMatch(/^embedders\nmini +bundled/);
  expect(stdout).toMatch(/\nrerankers\nmini +bundled[^]*\nbge-reranker-base +not here/);
  const models: unknown = JSON.parse(expectExit(await place.rerank(["models", "list", "--json"]), 0).stdout);
  expect(models).toMatchObject({ models: expect.arrayContaining([expect.objectContaining({ name: "mini", state: "bundled" })]) });
});
