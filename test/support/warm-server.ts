import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ModelSpec } from "../../src/domain/model-spec.ts";
import type { BorrowModels } from "../../src/inference/child-process.ts";
import type { FromChild, ToChild } from "../../src/inference/protocol.ts";
import { borrowModels, type LendingPlace } from "../../src/inference/warm-client.ts";
import { listenForWarmClients, type WarmHost, type WarmHostOptions } from "../../src/inference/warm-host.ts";
import type { WarmCaller, WarmModels } from "../../src/inference/warm-session.ts";
import { createFakeEmbedder, createFakeReranker, fakeSpec } from "./fake-models.ts";
import { tempFolder } from "./temp-folder.ts";

export const EMBEDDER = fakeSpec("embedder");
export const RERANKER = fakeSpec("reranker");
export const LOAD: ToChild = { type: "load", specs: [EMBEDDER, RERANKER], options: {} };

/** Greetings are waited for as long as a test may take: its machine does many other things. */
export function warmPlace(version = "1.0.0", folder = join(tempFolder(), "run")): LendingPlace {
  return { folder, socketPath: join(folder, "serve.sock"), version, greetingMs: 60_000 };
}

export interface FakeWarmModels extends WarmModels {
  readonly loads: ModelSpec[];
  readonly callers: WarmCaller[];
  readonly scored: string[];
}

/** @param delayMs time for each text; @param load what loading waits for, or fails with. */
export function fakeWarmModels({ delayMs = 0, load = async () => {} }: { readonly delayMs?: number; readonly load?: (spec: ModelSpec) => Promise<void> } = {}): FakeWarmModels {
  const embedder = createFakeEmbedder();
  const reranker = createFakeReranker((query, text) => text.length / 7 - query.length, delayMs);
  const loads: ModelSpec[] = [];
  const callers: WarmCaller[] = [];
  return {
    loads,
    callers,
    scored: reranker.scored,
    async load(spec) {
      loads.push(spec);
      await load(spec);
      return { loadMs: 1, device: "cpu" };
    },
    embedder(_spec, caller) {
      callers.push(caller);
      return embedder;
    },
    reranker(_spec, caller) {
      callers.push(caller);
      return reranker;
    },
  };
}

/** A server that lends models until the test has finished. */
export async function lend(place: LendingPlace, options: Partial<WarmHostOptions> = {}): Promise<WarmHost> {
  const notices: string[] = [];
  const host = await listenForWarmClients({
    ...place,
    terms: { device: "auto", longDocuments: "truncate" },
    models: fakeWarmModels(),
    onActivity: () => {},
    onNotice: (line) => notices.push(line),
    ...options,
  });
  if (host === undefined) throw new Error(notices.join("\n"));
  onTestFinished(() => host.close());
  return host;
}

export interface FakeBorrower extends ReturnType<BorrowModels> {
  readonly messages: FromChild[];
  /** What `onEnd` was called with; `undefined` until then. */
  readonly ended: { readonly lost: string | undefined } | undefined;
  until(holds: () => boolean): Promise<void>;
}

/** What a search sees of a server. */
export function borrow(place: LendingPlace): FakeBorrower {
  const messages: FromChild[] = [];
  let ended: FakeBorrower["ended"];
  const process = borrowModels(place)({
    onMessage: (message) => messages.push(message),
    onEnd(lost) {
      if (ended !== undefined) throw new Error("it ended twice");
      ended = { lost };
    },
  });
  onTestFinished(() => process.kill());
  return {
    ...process,
    messages,
    get ended() {
      return ended;
    },
    async until(holds) {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
    },
  };
}
