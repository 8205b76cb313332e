import { mkdirSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { type Inference, type InferenceOptions, startInference } from "../../src/inference/inference-client.ts";
import type { LoadReport } from "../../src/inference/protocol.ts";
import { borrowModels, type LendingPlace } from "../../src/inference/warm-client.ts";
import { createFrameReader, encodeFrame } from "../../src/inference/warm-frames.ts";
import type { WarmModels } from "../../src/inference/warm-session.ts";
import { inferenceProcessesOf } from "../support/inference-processes.ts";
import { miniEmbedderSpec, miniRerankerSpec } from "../support/mini-specs.ts";
import { tinyRerankerSpec } from "../support/tiny-bert-specs.ts";
import { lend, warmPlace } from "../support/warm-server.ts";

const PASSAGE = "The kettle boils water. Descale it with citric acid once a month, then rinse it twice. ";
const TEXTS = Array.from({ length: 70 }, (_, i) => `${i} ${PASSAGE.slice(0, 20 + ((i * 37) % 60))}`);
const started: Inference[] = [];

function start(options: InferenceOptions): Inference {
  const inference = startInference(options);
  started.push(inference);
  return inference;
}

/** Starts an inference that asks a server first, and collects what it tells. */
function startWarm(place: LendingPlace, options: InferenceOptions): { inference: Inference; notices: string[] } {
  const notices: string[] = [];
  return { inference: start({ ...options, borrow: borrowModels(place), onNotice: (line) => notices.push(line) }), notices };
}

afterEach(async () => {
  for (const inference of started.splice(0)) await inference.close();
});

/** A process with the bundled pair, to lend. */
function bundledPair(): WarmModels {
  const own = start({ embedder: miniEmbedderSpec, reranker: miniRerankerSpec });
  return { load: ({ role }) => own.loaded(role) as Promise<LoadReport>, embedder: () => own.embedder, reranker: () => own.reranker };
}

/** A server that answers the first texts of a request, and dies; `onDeath` is called before. */
async function lendAndDie(place: LendingPlace, answered: number): Promise<void> {
  mkdirSync(place.folder, { mode: 0o700 });
  const server = createServer((socket) => {
    const reader = createFrameReader();
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => reader.read(bytes).forEach((message) => answer(socket, message as { type: string; id: number })));
  });
  await new Promise<void>((resolve) => server.listen(place.socketPath, resolve));
  onTestFinished(() => void server.close());

  function answer(socket: Socket, { type, id }: { type: string; id: number }): void {
    const send = (message: object) => socket.write(encodeFrame(message));
    if (type === "hello") send({ type: "welcome", version: place.version, processId: 1, terms: { device: "auto", longDocuments: "truncate" } });
    if (type === "load") send({ type: "loaded", role: "reranker", loadMs: 1, device: "cpu" });
    if (type !== "score") return;
    const judgment = { logit: 77, relevance: 1, truncated: false };
    for (let count = 0; count < answered; count++) send({ type: "judgment", id, judgment, usage: { computedTokens: 1, savedTokens: 0 } });
    server.close();
    // What was written arrives first.
    socket.end();
  }
}

// `ps` is asked for processes, and Windows has no such sockets.
describe.skipIf(process.platform === "win32")("an inference that asks a server first", () => {
  test("answers bit for bit as one with a process of its own, without starting one", async () => {
    const place = warmPlace();
    await lend(place, { models: bundledPair() });
    const { inference, notices } = startWarm(place, { embedder: miniEmbedderSpec, reranker: miniRerankerSpec });
    const own = start({ embedder: miniEmbedderSpec, reranker: miniRerankerSpec });
    await own.loaded("reranker");
    const processes = inferenceProcessesOf(process.pid).length;

    expect(await inference.embedder.embedQuery("how do I descale a kettle?")).toEqual(await own.embedder.embedQuery("how do I descale a kettle?"));
    expect(await inference.embedder.countTokens(TEXTS)).toEqual(await own.embedder.countTokens(TEXTS));
    const [heard, expected]: [unknown[], unknown[]] = [[], []];
    const listen = (into: unknown[]) => ({ onJudgment: (...told: unknown[]) => into.push(told), onUsage: (usage: unknown) => into.push(usage) });
    expect(await inference.reranker.score("kettle", TEXTS, listen(heard))).toEqual(await own.reranker.score("kettle", TEXTS, listen(expected)));
    expect(heard).toEqual(expected);
    expect(heard).toHaveLength(2 * TEXTS.length);
    expect(await inference.loaded("reranker")).toMatchObject({ device: "cpu" });
    expect(inferenceProcessesOf(process.pid)).toHaveLength(processes);
    expect(notices).toEqual([]);
  });

  test("goes on in a process of its own when the server dies: complete, nothing told twice, with one notice", async () => {
    const place = warmPlace();
    await lendAndDie(place, 3);
    const { inference, notices } = startWarm(place, { reranker: tinyRerankerSpec });
    const positions: number[] = [];
    const judgments = await inference.reranker.score("red", TEXTS, { onJudgment: (position) => positions.push(position) });
    const expected = await start({ reranker: tinyRerankerSpec }).reranker.score("red", TEXTS);
    expect(judgments.map(({ logit }, i) => (i < 3 ? 77 : logit))).toEqual(judgments.map(({ logit }) => logit));
    expect(judgments.slice(3)).toEqual(expected.slice(3));
    expect(positions).toEqual(TEXTS.map((_, i) => i));
    expect(notices).toEqual([expect.stringMatching(/models of `rerank serve` are used no longer \(it has ended\); they load here, and what was answered is kept/)]);
    // And so does the next request, without another word.
    expect(await inference.reranker.score("red", ["blue"])).toEqual(await start({ reranker: tinyRerankerSpec }).reranker.score("red", ["blue"]));
    expect(notices).toHaveLength(1);
  });

  test("says nothing where there is no server, and tells a failure as its own process does", async () => {
    const { inference, notices } = startWarm(warmPlace(), { reranker: tinyRerankerSpec });
    const texts = Array.from({ length: 100 }, (_, i) => (i === 70 ? "poison" : "red"));
    await expect(inference.reranker.score("red", texts)).rejects.toThrow(/text 71 by tiny-bert is NaN/);
    expect(notices).toEqual([]);
  });

  test("tells a failure of the server's model as a process of its own would", async () => {
    const place = warmPlace();
    const server = start({ reranker: tinyRerankerSpec });
    await lend(place, { models: { load: () => server.loaded("reranker"), embedder: () => server.embedder, reranker: () => server.reranker } });
    const { inference } = startWarm(place, { reranker: tinyRerankerSpec });
    const texts = Array.from({ length: 100 }, (_, i) => (i === 70 ? "poison" : "red"));
    await expect(inference.reranker.score("red", texts)).rejects.toThrow(/text 71 by tiny-bert is NaN/);
  });

  test("rejects at once when it is aborted, and the server drops the work", async () => {
    const place = warmPlace();
    await lend(place, { models: bundledPair() });
    const { inference } = startWarm(place, { reranker: miniRerankerSpec });
    const stop = new AbortController();
    const reason = new Error("enough");
    let done = 0;
    const onJudgment = (): void => {
      done += 1;
      if (done === 2) stop.abort(reason);
    };
    await expect(inference.reranker.score("kettle", Array.from({ length: 2000 }, (_, i) => `${i} ${PASSAGE.repeat(4)}`), { signal: stop.signal, onJudgment })).rejects.toBe(reason);
    // It would wait behind the rest otherwise, for minutes.
    expect(await inference.reranker.score("kettle", ["Descale it."])).toHaveLength(1);
    expect(done).toBe(2);
  });

  test("closes without waiting for what the server has under way", async () => {
    const place = warmPlace();
    const host = await lend(place, { models: bundledPair() });
    const { inference } = startWarm(place, { reranker: miniRerankerSpec });
    await inference.loaded("reranker");
    const outcome = expect(inference.reranker.score("kettle", Array.from({ length: 500 }, () => PASSAGE))).rejects.toThrow(/was closed/);
    await inference.close();
    await outcome;
    await expect(inference.reranker.score("kettle", ["a"])).rejects.toThrow(/was closed/);
    while (host.clientCount > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  });
});
