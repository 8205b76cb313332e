import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { FromChild, ToChild } from "../../src/inference/protocol.ts";
import { greetServer, type LendingPlace } from "../../src/inference/warm-client.ts";
import { createFrameReader, encodeFrame } from "../../src/inference/warm-frames.ts";
import { listenForWarmClients } from "../../src/inference/warm-host.ts";
import { createFakeReranker, fakeSpec } from "../support/fake-models.ts";
import { borrow, EMBEDDER, fakeWarmModels, lend, LOAD, RERANKER, warmPlace } from "../support/warm-server.ts";

const WAITING_HOST = { terms: { device: "auto", longDocuments: "truncate" }, models: fakeWarmModels(), onActivity() {} } as const;
const score = (id: number, texts: readonly string[], query = "kettle"): ToChild => ({ type: "score", id, query, texts, firstNumber: 1 });
const isDone = (id: number) => (message: FromChild) => message.type === "done" && message.id === id;

/** Sends bytes as they are; resolves to what came back, decoded, when the server has closed the connection. */
async function sendRaw({ socketPath }: LendingPlace, bytes: Buffer): Promise<unknown[]> {
  const reader = createFrameReader();
  const answers: unknown[] = [];
  const socket = connect(socketPath);
  socket.on("data", (data: Buffer) => answers.push(...reader.read(data)));
  socket.on("error", () => {});
  socket.write(bytes);
  await new Promise((resolve) => socket.on("close", resolve));
  return answers;
}

describe.skipIf(process.platform === "win32")("a client of a server", () => {
  test("gets what a process of its own would send: loads, vectors, counts and judgments with their tokens", async () => {
    const place = warmPlace();
    const models = fakeWarmModels();
    await lend(place, { models });
    const client = borrow(place);
    client.send(LOAD);
    client.send({ type: "embed", use: "query", id: 1, texts: ["red kettle"], firstNumber: 1, instruction: "find" });
    client.send({ type: "embed", use: "passage", id: 2, texts: ["red", "green"], firstNumber: 1 });
    client.send({ type: "count", id: 3, texts: ["one two", "three"], firstNumber: 1 });
    client.send(score(4, ["a kettle", "boil"]));
    await client.until(() => client.messages.filter(({ type }) => type === "done").length === 4);
    const of = (id: number) => client.messages.filter((message) => "id" in message && message.id === id);
    const embedder = models.embedder(EMBEDDER, { client: "", signal: new AbortController().signal });
    expect(client.messages.filter(({ type }) => type === "loaded")).toEqual(["embedder", "reranker"].map((role) => ({ type: "loaded", role, loadMs: 1, device: "cpu" })));
    expect(of(1)).toEqual([{ type: "embedding", id: 1, ...(await embedder.embedQuery("red kettle")), tokens: 0 }, { type: "done", id: 1 }]);
    expect(of(2).slice(0, -1)).toEqual((await embedder.embedPassages(["red", "green"])).map((each) => ({ type: "embedding", id: 2, ...each, tokens: 0 })));
    expect(of(3)[0]).toEqual({ type: "counts", id: 3, tokens: [2, 1] });
    const judged = await createFakeReranker((query, text) => text.length / 7 - query.length).score("kettle", ["a kettle", "boil"]);
    expect(of(4)).toEqual([
      { type: "judgment", id: 4, judgment: judged[0], usage: { computedTokens: 3, savedTokens: 0 } },
      { type: "judgment", id: 4, judgment: judged[1], usage: { computedTokens: 1, savedTokens: 1 } },
      { type: "done", id: 4 },
    ]);
  });

  test("is told apart from the next one, and its work begins when its model is lent", async () => {
    const place = warmPlace();
    let finishLoad = (): void => {};
    const models = fakeWarmModels({ load: ({ role }) => (role === "reranker" ? new Promise((resolve) => (finishLoad = resolve)) : Promise.resolve()) });
    await lend(place, { models });
    for (const each of [borrow(place), borrow(place)]) {
      each.send(LOAD);
      each.send(score(1, ["boil"]));
      each.send({ type: "embed", use: "query", id: 2, texts: ["kettle"], firstNumber: 1 });
      await each.until(() => each.messages.some(isDone(2)));
      expect(each.messages.some(isDone(1))).toBe(false);
      finishLoad();
      await each.until(() => each.messages.some(isDone(1)));
    }
    expect(new Set(models.callers.map(({ client }) => client)).size).toBe(2);
  });

  test("that cancels has its work dropped, and goes on with the next", async () => {
    const place = warmPlace();
    const models = fakeWarmModels({ delayMs: 5 });
    await lend(place, { models });
    const client = borrow(place);
    client.send(LOAD);
    client.send(score(1, Array.from({ length: 5000 }, (_, i) => `text ${i}`)));
    await client.until(() => client.messages.some(({ type }) => type === "judgment"));
    client.send({ type: "cancel", id: 1 });
    client.send(score(2, ["boil"]));
    await client.until(() => client.messages.some(isDone(2)));
    expect(models.callers[0]?.signal.aborted).toBe(true);
    expect(models.scored.length).toBeLessThan(5000);
    expect(client.messages.some(isDone(1))).toBe(false);
    expect(client.ended).toBeUndefined();
  });

  test("that dies has its work dropped", async () => {
    const place = warmPlace();
    const models = fakeWarmModels({ delayMs: 5 });
    const host = await lend(place, { models });
    const client = borrow(place);
    client.send(LOAD);
    client.send(score(1, Array.from({ length: 5000 }, (_, i) => `text ${i}`)));
    await client.until(() => client.messages.some(({ type }) => type === "judgment"));
    expect(host.clientCount).toBe(1);
    await client.kill();
    await client.until(() => host.clientCount === 0);
    expect(models.callers[0]?.signal.aborted).toBe(true);
    expect(client.ended).toEqual({ lost: undefined });
  });

  test.each([
    ["cannot load a model now", fakeWarmModels({ load: () => Promise.reject(new Error("no room")) })],
    ["fails at its work", { ...fakeWarmModels(), reranker: () => ({ ...createFakeReranker(() => Number.NaN), score: () => Promise.reject(new Error("NaN")) }) }],
    ["judges too few", { ...fakeWarmModels(), reranker: () => ({ ...createFakeReranker(() => 0), score: async () => [] }) }],
  ])("looks elsewhere where the server %s", async (_what, models) => {
    const place = warmPlace();
    await lend(place, { models });
    const client = borrow(place);
    client.send(LOAD);
    client.send(score(1, ["boil"]));
    await client.until(() => client.ended !== undefined);
    expect(client.messages.filter(({ type }) => type !== "loaded")).toEqual([]);
  });

  test("waits as long as the server lives, and for one that hangs only until it has not answered some pings", async () => {
    const place = { ...warmPlace(), pingMs: 10 };
    let finish = (): void => {};
    await lend(place, { models: fakeWarmModels({ load: () => new Promise((resolve) => (finish = resolve)) }) });
    const patient = borrow(place);
    patient.send({ ...LOAD, specs: [RERANKER] } as ToChild);
    await delay(200);
    expect(patient.ended).toBeUndefined();
    finish();
    await patient.until(() => patient.messages.some(({ type }) => type === "loaded"));

    const hung = { ...warmPlace(), pingMs: 10 };
    mkdirSync(hung.folder, { mode: 0o700 });
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.write(encodeFrame({ type: "welcome", version: hung.version, processId: 1, terms: WAITING_HOST.terms }));
      socket.write(encodeFrame({ type: "loaded", role: "reranker", loadMs: 1, device: "cpu" }));
    });
    await new Promise<void>((resolve) => server.listen(hung.socketPath, resolve));
    onTestFinished(() => void server.close());
    const client = borrow(hung);
    client.send({ ...LOAD, specs: [RERANKER] } as ToChild);
    await client.until(() => client.messages.length === 1);
    await delay(200);
    // Nothing is waited for.
    expect(client.ended).toBeUndefined();
    client.send(score(1, ["boil"]));
    await client.until(() => client.ended !== undefined);
    expect(client.ended).toEqual({ lost: "it does not answer" });
  });

  test("looks elsewhere, and has nothing to tell, where nobody serves, the version is another one, or the greeting takes too long", async () => {
    const nobody = warmPlace();
    const other = warmPlace();
    await lend({ ...other, version: "1.0.1" });
    const hanging = { ...warmPlace(), greetingMs: 20 };
    mkdirSync(hanging.folder, { mode: 0o700 });
    const server = createServer(() => {}).listen(hanging.socketPath);
    onTestFinished(() => void server.close());
    for (const place of [nobody, other, hanging]) {
      const client = borrow(place);
      client.send(LOAD);
      await client.until(() => client.ended !== undefined);
      expect(client.ended).toEqual({ lost: undefined });
      expect(client.messages).toEqual([]);
    }
    expect(await greetServer(nobody)).toBeUndefined();
    expect(await greetServer(other)).toEqual({ version: "1.0.1", processId: process.pid });
  });

  test.each([
    ["device", { device: "cuda" as const }, false],
    ["device, which is the server's", { device: "cpu" as const }, true],
    ["number of threads", { threads: 3 }, false],
    ["number of threads, which is the server's", { threads: 2 }, true],
    ["way with long documents", { longDocuments: "windows" as const }, false],
  ])("that wants a %s is served only where that is what the server has", async (_what, options, isServed) => {
    const place = warmPlace();
    await lend(place, { terms: { device: "cpu", threads: 2, longDocuments: "truncate" } });
    const client = borrow(place);
    client.send({ type: "load", specs: [RERANKER], options });
    await client.until(() => client.ended !== undefined || client.messages.length > 0);
    expect(client.ended === undefined).toBe(isServed);
  });

  test("asks its own process where the reranker may have to cut the query: a server does not tell", async () => {
    const place = warmPlace();
    await lend(place);
    const long = "x".repeat(257);
    for (const message of [score(1, ["boil"], long), { type: "embed", use: "query", id: 1, texts: [long], firstNumber: 1 } as const]) {
      const client = borrow(place);
      client.send(LOAD);
      client.send(score(7, ["boil"], "x".repeat(256)));
      await client.until(() => client.messages.some(isDone(7)));
      client.send(message);
      await client.until(() => client.ended !== undefined);
      expect(client.ended).toEqual({ lost: undefined });
    }
  });

  test("does not go to a socket in a folder that others may enter", async () => {
    const place = warmPlace();
    await lend(place);
    chmodSync(place.folder, 0o755);
    const client = borrow(place);
    client.send(LOAD);
    await client.until(() => client.ended !== undefined);
    expect(client.messages).toEqual([]);
    expect(await greetServer(place)).toBeUndefined();
  });
});

describe.skipIf(process.platform === "win32")("a server", () => {
  const hello = encodeFrame({ type: "hello", version: "1.0.0" });

  test.each([
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["no JSON", Buffer.from([0, 0, 0, 1, 0xff])],
    ["work before a hello", encodeFrame({ type: "cancel", id: 1 })],
    ["a hello without a version", encodeFrame({ type: "hello" })],
    ["two hellos", Buffer.concat([hello, hello])],
    ["an unknown message", Buffer.concat([hello, encodeFrame({ type: "shutdown" })])],
    ["texts that are none", Buffer.concat([hello, encodeFrame({ type: "score", id: 1, query: "q", texts: [1] })])],
    ["work for a model that was not asked for", Buffer.concat([hello, encodeFrame({ type: "count", id: 1, texts: ["a"], firstNumber: 1 })])],
  ])("closes a connection that brings %s, and serves others on", async (_what, bytes) => {
    const place = warmPlace();
    await lend(place);
    const answers = await sendRaw(place, bytes);
    expect(answers.filter((answer) => !/^(welcome|refused)$/.test((answer as { type: string }).type))).toEqual([]);
    const client = borrow(place);
    client.send(LOAD);
    client.send(score(1, ["boil"]));
    await client.until(() => client.messages.some(isDone(1)));
  });

  test("tells of each thing that is asked for and done", async () => {
    const place = warmPlace();
    let activity = 0;
    await lend(place, { onActivity: () => void (activity += 1) });
    const client = borrow(place);
    client.send({ type: "load", specs: [RERANKER], options: {} });
    client.send(score(1, ["boil"]));
    await client.until(() => client.messages.some(isDone(1)));
    await client.until(() => activity === 4);
  });

  test("that closes finishes what was begun, takes nothing new, and leaves no socket behind", async () => {
    const place = warmPlace();
    const host = await lend(place, { models: fakeWarmModels({ delayMs: 5 }) });
    const client = borrow(place);
    client.send(LOAD);
    client.send(score(1, Array.from({ length: 20 }, (_, i) => `text ${i}`)));
    await client.until(() => client.messages.some(({ type }) => type === "judgment"));
    const closed = host.close();
    expect(existsSync(place.socketPath)).toBe(false);
    await closed;
    await client.until(() => client.ended !== undefined);
    expect(client.messages.filter(({ type }) => type === "judgment")).toHaveLength(20);
    expect(client.messages.some(isDone(1))).toBe(true);
    expect(client.ended).toEqual({ lost: "it is stopping" });
    expect(await greetServer(place)).toBeUndefined();
  });

  test("that closes waits for long work only so long", async () => {
    const place = warmPlace();
    const models = fakeWarmModels({ delayMs: 5 });
    const host = await lend(place, { models, graceMs: 20 });
    const client = borrow(place);
    client.send(LOAD);
    client.send(score(1, Array.from({ length: 5000 }, (_, i) => `text ${i}`)));
    await client.until(() => client.messages.some(({ type }) => type === "judgment"));
    await host.close();
    await client.until(() => client.ended !== undefined);
    expect(client.ended).toEqual({ lost: "it is stopping" });
    expect(models.callers[0]?.signal.aborted).toBe(true);
    expect(models.scored.length).toBeLessThan(5000);
  });

  test("that closes does not wait for a client that closes nothing", async () => {
    const place = warmPlace();
    const host = await lend(place, { graceMs: 20 });
    const silent = connect({ path: place.socketPath, allowHalfOpen: true });
    onTestFinished(() => void silent.destroy());
    silent.write(hello);
    while (host.clientCount === 0) await delay(2);
    await host.close();
    expect(host.clientCount).toBe(0);
  });

  test("that closes ends connections that wait for nothing", async () => {
    const place = warmPlace();
    const host = await lend(place);
    const client = borrow(place);
    client.send({ type: "load", specs: [fakeSpec("reranker")], options: {} });
    await client.until(() => client.messages.length === 1);
    await delay(5);
    await host.close();
    await client.until(() => client.ended !== undefined);
    await host.close();
  });

  test("leaves the socket of another one that lives, and says so", async () => {
    const place = warmPlace();
    const first = await lend(place);
    const notices: string[] = [];
    expect(await listenForWarmClients({ ...place, ...WAITING_HOST, onNotice: (line) => notices.push(line) })).toBeUndefined();
    expect(notices).toEqual([expect.stringContaining("another `rerank serve`")]);
    expect(await greetServer(place)).toBeDefined();
    await first.close();
    expect(existsSync(place.socketPath)).toBe(false);
  });

  test("does not lend models from a folder that others may enter, and says so", async () => {
    const place = warmPlace();
    mkdirSync(place.folder, { mode: 0o755 });
    chmodSync(place.folder, 0o755);
    const notices: string[] = [];
    expect(await listenForWarmClients({ ...place, ...WAITING_HOST, onNotice: (line) => notices.push(line) })).toBeUndefined();
    expect(notices).toEqual([expect.stringMatching(/not lent to other commands: .* open to other users/)]);
    expect(existsSync(place.socketPath)).toBe(false);
  });
});
