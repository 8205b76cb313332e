import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createExactIndex } from "../../../src/adapters/exact-index.ts";
import { openSqliteStore } from "../../../src/adapters/sqlite-store/open-sqlite-store.ts";
import { createNoticeBoard, type NoticeBoard } from "../../../src/cli/screen/notice-board.ts";
import { openScreenServices, type OpenedServices } from "../../../src/cli/screen/screen-services.ts";
import { resolveSettings } from "../../../src/config/resolve-settings.ts";
import { UserError } from "../../../src/domain/errors.ts";
import type { SearchEvent } from "../../../src/pipeline/events.ts";
import type { PassageStore } from "../../../src/ports/passage-store.ts";
import type { ScreenRequest } from "../../../src/ui/screen-services.ts";
import { createFakeInference } from "../../support/fake-inference.ts";
import { createFakeEmbedder, createFakeReranker } from "../../support/fake-models.ts";
import { MANIFEST } from "../../support/synthetic-index.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

const TEXTS = {
  "a/kettle.md": ["How to descale a kettle. Vinegar does it.", "kettle history", "kettle museums"],
  "b/capital.md": ["the capital of china is beijing"],
};
const REQUEST: ScreenRequest = { query: "kettle", instruction: undefined, candidateCount: 10, pathGlob: undefined, budgetMs: undefined };

let folder: string;
let store: PassageStore;
let board: NoticeBoard;
let services: OpenedServices;
let written: string;

beforeEach(async () => {
  folder = tempFolder();
  written = "";
  store = openSqliteStore(":memory:", { create: true });
  board = createNoticeBoard();
  services = await open();
});
afterEach(() => services.close());

interface OpenOptions {
  readonly delayMs?: number;
  readonly env?: Record<string, string>;
  readonly flags?: Record<string, unknown>;
  readonly signal?: AbortSignal;
  readonly logitOf?: (query: string, text: string) => number;
}

async function open({ delayMs = 0, env = {}, flags = {}, signal = new AbortController().signal, logitOf = (_query, text) => text.length }: OpenOptions = {}) {
  const embedder = createFakeEmbedder();
  for (const [path, texts] of Object.entries(TEXTS)) {
    const embeddings = await embedder.embedPassages(texts);
    store.saveVectors(embeddings.map(({ vector }, position) => ({ vectorKey: texts[position] ?? "", vector })));
    store.saveDocument(
      { path, sizeBytes: 1, mtimeMs: 1, contentHash: path, format: "text", title: path },
      texts.map((text, position) => ({ text, headings: [], location: { startLine: position + 1, endLine: position + 1 }, vectorKey: text })),
    );
  }
  const reranker = createFakeReranker(logitOf, delayMs);
  const environment = { XDG_STATE_HOME: join(folder, "state"), PATH: process.env["PATH"], ...env };
  const { settings, hub } = await resolveSettings({ flags, env: environment, cwd: folder, homeFolder: folder, platform: "linux" });
  return openScreenServices({
    index: {
      home: { baseFolder: folder, indexFolder: join(folder, ".rerank") },
      manifest: MANIFEST,
      inference: createFakeInference({ embedder, reranker }),
      store,
      vectorIndex: createExactIndex(store.vectors(), embedder.spec.dimensions),
      embedder,
      reranker,
      close: async () => {},
    },
    settings,
    hub,
    context: { cwd: folder, environment, signal },
    board,
    terminal: { write: (sequence) => (written += sequence), lend: (run) => run() },
  });
}

const historyFile = () => join(folder, "state", "rerank", "history");

describe("searching", () => {
  test("rejects when the reranker fails, and with --on-failure cosine gives all candidates as they were recalled", async () => {
    const logitOf = (): number => {
      throw new UserError("api.example.com refuses the key");
    };
    const strict = await open({ logitOf });
    expect((await userRejectionOf(strict.search(REQUEST, () => {}).result)).message).toBe("api.example.com refuses the key");
    const lenient = await open({ logitOf, flags: { onFailure: "cosine" } });
    const events: string[] = [];
    const result = await lenient.search(REQUEST, ({ type }) => void events.push(type)).result;
    expect(result).toMatchObject({ reranked: false, rerankFailure: "api.example.com refuses the key", candidates: 4 });
    expect(result.results.map(({ rank, recallRank }) => rank - recallRank)).toEqual([0, 0, 0, 0]);
    expect(events).toEqual(["recalled", "rerank-failed"]);
    await Promise.all([strict.close(), lenient.close()]);
  });

  test("gives all candidates in both orders, with an event for each judgment", async () => {
    const events: SearchEvent[] = [];
    const result = await services.search(REQUEST, (event) => events.push(event)).result;
    expect(result.results).toHaveLength(4);
    expect(events.map(({ type }) => type)).toEqual(["recalled", "judged", "judged", "judged", "judged"]);
    expect(services.lastRequest()).toEqual(REQUEST);
  });

  test("heeds candidates and globs; several globs stand in one line", async () => {
    const paths = async (pathGlob: string) => {
      const { results } = await services.search({ ...REQUEST, pathGlob, candidateCount: 3 }, () => {}).result;
      return results.map(({ passage }) => passage.path);
    };
    expect(await paths("b/**")).toEqual(["b/capital.md"]);
    expect(await paths("*.{md,txt}, !a")).toEqual(["b/capital.md"]);
    expect(await paths("*.md")).toHaveLength(3);
  });

  test("ends early with what was judged, or at once when it is thrown away", async () => {
    services = await open({ delayMs: 20 });
    const stopped = services.search(REQUEST, ({ type }) => type === "judged" && stopped.finishNow());
    expect(await stopped.result).toMatchObject({ partial: true });
    const cancelled = services.search(REQUEST, () => cancelled.cancel());
    expect(services.isSearching()).toBe(true);
    await expect(cancelled.result).rejects.toThrow("the search was cancelled");
    expect(services.isSearching()).toBe(false);
  });

  test("ends with the process", async () => {
    const stop = new AbortController();
    services = await open({ delayMs: 20, signal: stop.signal });
    const { result } = services.search(REQUEST, () => stop.abort(new Error("Ctrl-C")));
    await expect(result).rejects.toThrow("Ctrl-C");
  });

  test("rejects what cannot be asked", async () => {
    expect((await userRejectionOf(services.search({ ...REQUEST, query: "x".repeat(30_000) }, () => {}).result)).message).toMatch(/30000 characters/);
  });
});

describe("the passage that is looked at", () => {
  test("has its neighbours in reading order", async () => {
    const [, middle] = store.passagesOfDocument("a/kettle.md");
    const { before, after } = services.neighbours(middle!);
    expect([before, after].map((passages) => passages.map(({ text }) => text))).toEqual([["How to descale a kettle. Vinegar does it."], ["kettle museums"]]);
    expect(services.neighbours({ ...middle!, id: 12_345 })).toEqual({ before: [], after: [] });
  });

  test("has the weights of its sentences", async () => {
    const [first] = store.passagesOfDocument("a/kettle.md");
    const weights = await services.weighSentences(REQUEST, first!, new AbortController().signal);
    expect(weights.map(({ weight }) => weight)).toEqual([expect.any(Number), expect.any(Number)]);
  });

  test("is opened where the editor says, and copied to where it can be", async () => {
    const [ranked] = (await services.search({ ...REQUEST, candidateCount: 1 }, () => {}).result).results;
    expect((await userRejectionOf(services.open(ranked!))).message).toMatch(/kettle\.md is not there any more/);
    expect(await services.copy("kettle")).toBe("OSC 52");
    expect(written).toContain("]52;c;");
  });
});

test("models name their device once they have loaded", async () => {
  expect(services.models().reranker.device).toBeNull();
  expect(await services.loaded()).toMatchObject({ embedder: { device: "cpu" }, reranker: { id: "fake", precision: "fp32", device: "cpu" } });
  expect(services.models().reranker.device).toBe("cpu");
});

test("the header knows the folder and its sizes", () => {
  expect(services.index).toMatchObject({ documents: 2, passages: 4, history: [] });
  expect(folder.endsWith(services.index.name)).toBe(true);
});

describe("queries", () => {
  test("are there in the next session", async () => {
    services.remember("kettle");
    services.remember("tyres");
    await services.close();
    expect((await open()).index.history).toEqual(["kettle", "tyres"]);
  });

  test("are not kept where RERANK_HISTORY is off", async () => {
    services = await open({ env: { RERANK_HISTORY: "off" } });
    services.remember("secret");
    await services.close();
    expect(existsSync(historyFile())).toBe(false);
  });

  test("that cannot be kept are told of once, and are no obstacle", async () => {
    mkdirSync(historyFile(), { recursive: true });
    services = await open();
    const lines: string[] = [];
    services.onNotice((line) => lines.push(line));
    services.remember("one");
    services.remember("two");
    await services.close();
    expect(lines).toEqual([expect.stringMatching(/^the history of queries is not kept: /)]);
    expect(services.index.history).toEqual([]);
  });
});

test("searches are saved as JSON and Markdown, and nothing is overwritten", async () => {
  const result = await services.search(REQUEST, () => {}).result;
  const files = [...(await services.save([result])), ...(await services.save([result, result]))];
  expect(new Set(files).size).toBe(4);
  expect(files.every((file) => dirname(file) === folder)).toBe(true);
  expect(JSON.parse(readFileSync(files[0]!, "utf8"))).toMatchObject({ version: 1, searches: [{ version: 1, query: "kettle", recallOrder: expect.any(Array) }] });
  expect(readFileSync(files[3]!, "utf8")).toMatch(/^# rerank session, \d{4}-\d\d-\d\d\n\n2 searches\.\n\n## kettle\n/);
  expect((await userRejectionOf(services.save([]))).message).toMatch(/nothing to save/);
});
