import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { readDocument } from "../../src/adapters/readers/all-readers.ts";
import { PASSAGES_VERSION } from "../../src/pipeline/index-manifest.ts";
import { readPassages } from "../../src/pipeline/read-passages.ts";
import { createWordCounter } from "../fakes/word-counter.ts";

const CORPUS = resolve("corpora/demo/docs");

/** Passages of the demo's documents, as this code cuts them. */
async function passagesDigest(): Promise<string> {
  const hash = createHash("sha256");
  for (const path of readdirSync(CORPUS, { recursive: true, encoding: "utf8" }).toSorted()) {
    if (!/\.\w+$/.test(path)) continue;
    const file = { path: path.replaceAll("\\", "/"), bytes: readFileSync(join(CORPUS, path)) };
    const passages = await readPassages(file, { readDocument, counter: createWordCounter(), chunking: { maxTokens: 64, overlapTokens: 8 } });
    hash.update(JSON.stringify(passages));
  }
  return hash.digest("hex").slice(0, 16);
}

// Where it fails, documents give other passages than before: raise PASSAGES_VERSION, and write both down here.
test("evaluations notice that documents give other passages than before", async () => {
  expect({ version: PASSAGES_VERSION, digest: await passagesDigest() }).toEqual({ version: 1, digest: "d71e02ff4b48929c" });
});
