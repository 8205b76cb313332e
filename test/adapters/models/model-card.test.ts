import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseModelCard, parseModelRegistry } from "../../../src/adapters/models/parse-model-card.ts";
import { UserError } from "../../../src/domain/errors.ts";

function problem(json: unknown): string {
  try {
    parseModelCard(typeof json === "string" ? json : JSON.stringify(json), "/m/rerank.json");
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).hint).toContain("docs/models.md");
    return (error as UserError).message;
  }
  return "none";
}

describe("a model card", () => {
  test("may leave everything out", () => {
    expect(parseModelCard("{}", "x")).toEqual({});
  });

  test("keeps what it says", () => {
    const card = { licence: "MIT", embedder: { graphs: { int8: ["a/b.onnx"] }, pooling: "cls", maxTokens: 512, dimensions: 384, queryPrefix: "", passagePrefix: "p: " } };
    expect(parseModelCard(JSON.stringify(card), "x")).toEqual(card);
  });

  test.each([
    [{ embedder: { pooling: "avg" } }, 'embedder: "pooling" is "avg", and should be "mean", "cls", "last" or "none"'],
    [{ embedder: { maxtokens: 5 } }, 'embedder: there is no field "maxtokens": did you mean "maxTokens"?'],
    [{ embedder: { maxTokens: 0 } }, 'embedder: "maxTokens" is 0, and should be a whole number above 0'],
    [{ embedder: { maxTokens: 1.5 } }, "whole number"],
    [{ embedder: { graphs: { int8: "a.onnx" } } }, "should be lists of paths inside the folder"],
    [{ embedder: { graphs: { int8: ["../a.onnx"] } } }, "should be lists of paths inside the folder"],
    [{ embedder: { graphs: { int8: ["/etc/a.onnx"] } } }, "should be lists of paths inside the folder"],
    [{ reranker: { pooling: "cls" } }, 'reranker: there is no field "pooling"'],
    [{ reranker: "yes" }, '"reranker" is "yes", and should be an object'],
    [{ rerankers: {} }, 'did you mean "reranker"?'],
    [[], "should hold an object"],
    ["{", "it is not JSON"],
  ])("%j is refused in words", (json, expected) => {
    const message = problem(json);
    expect(message).toContain("/m/rerank.json: ");
    expect(message).toContain(expected);
  });
});

describe("the registry", () => {
  const path = resolve(import.meta.dirname, "../../../models/registry.json");
  const registry = parseModelRegistry(readFileSync(path, "utf8"), path);

  test("names a known embedder and a known reranker in every preset", () => {
    for (const [preset, { embedder, reranker }] of registry.presets) {
      if (preset === "mini") continue;
      expect(registry.models.find(({ name }) => name === embedder)?.embedder, preset).toBeDefined();
      expect(registry.models.find(({ name }) => name === reranker)?.reranker, preset).toBeDefined();
    }
  });

  test("has everything that is needed to run an embedder", () => {
    for (const { name, embedder, repo } of registry.models.filter((model) => model.embedder !== undefined && model.family === undefined)) {
      expect(embedder, name).toMatchObject({ pooling: expect.any(String), dimensions: expect.any(Number), maxTokens: expect.any(Number), queryPrefix: expect.any(String) });
      expect(repo, name).toContain("/");
    }
  });

  test("has no name or hub id twice", () => {
    const names = registry.models.flatMap(({ name, repo, alsoAs }) => [name, ...(repo === undefined ? [] : [repo]), ...alsoAs]).map((name) => name.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
  });

  test("knows the families that it should", () => {
    const names = registry.models.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["mini", "bge-reranker-base", "bge-reranker-large", "bge-reranker-v2-m3", "multilingual-e5-small", "all-MiniLM-L6-v2", "bge-m3"]));
  });

  test("has Qwen3 in three sizes, each a pair, with the commits that published scores stand for", () => {
    for (const size of ["0.6b", "4b", "8b"]) {
      expect(registry.presets.get(`qwen3-${size}`)).toEqual({ embedder: `qwen3-embedding-${size}`, reranker: `qwen3-reranker-${size}` });
      for (const name of [`qwen3-embedding-${size}`, `qwen3-reranker-${size}`]) {
        const model = registry.models.find((candidate) => candidate.name === name);
        expect(model).toMatchObject({ family: "qwen3", licence: "Apache-2.0", revision: "main", publishedCommit: expect.stringMatching(/^[0-9a-f]{8}$/) });
        expect(model?.repo?.toLowerCase()).toBe(`qwen/${name}`);
      }
    }
  });
});
