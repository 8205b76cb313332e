import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import type { OpenedIndex } from "../../src/cli/compose.ts";
import { createResultWriter, type Format } from "../../src/cli/result-writer.ts";
import { runPlainSession } from "../../src/cli/screen/plain-session.ts";
import { searchOptions } from "../../src/cli/search-options.ts";
import { resolveSettings } from "../../src/config/resolve-settings.ts";
import { RemoteFailure } from "../../src/domain/errors.ts";
import { search } from "../../src/pipeline/search.ts";
import { createFakeInference } from "../support/fake-inference.ts";
import { createFakeEmbedder, createFakeReranker } from "../support/fake-models.ts";
import { filledStore } from "../support/filled-store.ts";
import { MANIFEST } from "../support/synthetic-index.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

const FAILURE = new RemoteFailure("unauthorized", "https://api.example.com refuses the key: 401", { hint: "set COHERE_API_KEY" });
const NOTICE = `rerank: the reranker did not run: ${FAILURE.message}; this is the order of the first stage`;
const TEXTS = { "a.md": ["how to descale a kettle with vinegar", "kettle history"], "b.md": ["the capital of china is beijing"] };

async function open(flags: Readonly<Record<string, unknown>> = {}, lines: readonly string[] = []) {
  const { settings } = await resolveSettings({ flags, env: {}, cwd: "/", homeFolder: "/nowhere", platform: "linux" });
  const embedder = createFakeEmbedder();
  const store = await filledStore(TEXTS, embedder);
  const reranker = createFakeReranker((_query, text) => {
    if (text.includes("capital")) throw FAILURE;
    return text.length;
  });
  const index: OpenedIndex = {
    home: { baseFolder: "/notes", indexFolder: "/notes/.rerank" },
    manifest: MANIFEST,
    inference: createFakeInference({ embedder, reranker }),
    store,
    vectorIndex: createExactIndex(store.vectors(), embedder.spec.dimensions),
    embedder,
    reranker,
    close: async () => {},
  };
  let stdout = "";
  const stderr: string[] = [];
  const output = {
    write: async (text: string) => void (stdout += text),
    notice: (line: string) => void stderr.push(line),
    closed: false,
    onClosed: () => {},
    drained: async () => {},
  };
  const context = { cwd: "/notes", environment: {}, output, signal: new AbortController().signal, stdin: Readable.from(lines.map((line) => `${line}\n`)), expectStop() {} };
  return { index, settings, context, stderr, stdout: () => stdout };
}

/** As `rerank search` does with one query. */
async function searchFor(format: Format, flags: Readonly<Record<string, unknown>>) {
  const { index, settings, context, stderr, stdout } = await open(flags);
  const writer = createResultWriter({ format, flags: {}, context, settings, baseFolder: "/notes", manyQueries: false });
  const code = await writer.write(await search("kettle", index, { ...searchOptions(settings), onEvent: (event) => writer.progress(event) }));
  return { code, stderr, stdout: stdout() };
}

test("a search stops with the reranker's error, unless --on-failure cosine is given", async () => {
  expect(await userRejectionOf(searchFor("json", {}))).toBe(FAILURE);
  const { code, stderr, stdout } = await searchFor("json", { onFailure: "cosine" });
  expect(code).toBe(0);
  expect(stderr).toEqual([NOTICE]);
  expect(JSON.parse(stdout)).toMatchObject({ reranked: false, rerankFailure: FAILURE.message, judged: 0 });
  expect((JSON.parse(stdout) as { results: { path: string }[] }).results[0]?.path).toBe("a.md");
});

test.each(["text", "jsonl", "csv", "markdown", "files"] as const)("%s: results on stdout, the line on stderr, and exit code 0", async (format) => {
  const { code, stderr, stdout } = await searchFor(format, { onFailure: "cosine" });
  expect(code).toBe(0);
  expect(stderr).toContain(NOTICE);
  expect(stdout).toContain("a.md");
});

test("with --min-relevance nothing is left, the exit code is that of no results, and the line says why", async () => {
  const { code, stderr, stdout } = await searchFor("text", { onFailure: "cosine", minRelevance: 0.3 });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr[0]).toBe(`${NOTICE}, and none of it is shown: a relevance of 0.3 or more was asked for, and none is known`);
  expect(stderr[1]).toMatch(/^no results among 3 candidates · not reranked/);
});

test("the plain session says it of each answer, and goes on", async () => {
  const { index, settings, context, stderr, stdout } = await open({ onFailure: "cosine" }, ["china", "quit"]);
  expect(await runPlainSession({ index, settings, context, firstQuery: "kettle" })).toBe(0);
  expect(stderr).toEqual([NOTICE, NOTICE]);
  expect(stdout().match(/, in the order of the first stage, because the reranker did not run\n/g)).toHaveLength(2);
});
