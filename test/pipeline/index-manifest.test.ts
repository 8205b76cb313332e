import { describe, expect, test } from "vitest";
import type { ModelSpec } from "../../src/domain/model-spec.ts";
import { differences, manifestOf, requireSameEmbedder } from "../../src/pipeline/index-manifest.ts";
import type { IndexManifest } from "../../src/ports/passage-store.ts";
import { userErrorOf } from "../support/user-error-of.ts";

const EMBEDDER = { id: "qwen3-embedding-0.6b:int8", role: "embedder", family: "qwen3", fingerprint: "one", dimensions: 1024, maxTokens: 8192 } as ModelSpec;

function manifestFor(embedder: ModelSpec): IndexManifest {
  return manifestOf({ known: undefined, embedder, rerankerId: "r", passageTokens: undefined, overlapTokens: undefined, roots: [] });
}

const MANIFEST = manifestFor(EMBEDDER);

describe("a search whose embedder is not the index's", () => {
  test.each([
    [{ id: "bge-m3" }, "the embedder qwen3-embedding-0.6b:int8, not bge-m3", "leave --models and --embedder out"],
    [{ maxTokens: 512 }, "an embedder that reads 8192 tokens of a text, not 512", "leave --embed-tokens out"],
    [{}, "other files of qwen3-embedding-0.6b:int8 than those that are here now", "bring back the files"],
  ] as [Partial<ModelSpec>, string, string][])("that differs by %j is told so, and what to leave out", (change, message, hint) => {
    const error = userErrorOf(() => requireSameEmbedder(MANIFEST, { ...EMBEDDER, ...change, fingerprint: "another" } as ModelSpec));
    expect(error.message).toBe(`the index was built with ${message}`);
    expect(error.hint).toContain(hint);
    expect(error.hint).toContain("rerank index --rebuild");
  });

  test("that has other names and the same fingerprint is the same", () => {
    expect(() => requireSameEmbedder(MANIFEST, { ...EMBEDDER, id: "./moved" } as ModelSpec)).not.toThrow();
  });
});

test("an index of an earlier version, which does not say how many tokens were read, is not told apart by them", () => {
  const { embedTokens: _unknown, ...earlier } = MANIFEST;
  const wanted = manifestFor({ ...EMBEDDER, fingerprint: "another", dimensions: 256 } as ModelSpec);
  expect(differences(earlier, wanted)).toEqual(["vectors of 1024 numbers, not 256"]);
});
