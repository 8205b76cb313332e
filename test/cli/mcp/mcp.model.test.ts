import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Client, StreamableHTTPClientTransport, type ClientOptions } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { inferenceProcessesOf, isAlive } from "../../support/inference-processes.ts";
import { textOf } from "../../support/agent-session.ts";
import { createWorkplace, expectExit, expectUserError, PROGRAM, type Workplace } from "../support/workplace.ts";

const KETTLE = "# Kettle\n\nBoil vinegar and water in it to remove limescale.\n\n## Rinse\n\nRinse it twice before you make tea.\n";
const INITIALIZE = { jsonrpc: "2.0", id: 0, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } } };
const CANDIDATES = ["--candidates", "4"];

let place: Workplace;
beforeAll(async () => {
  place = createWorkplace({ "notes/kettle.md": KETTLE, "notes/tyres.md": "Pump up the tyres of the bicycle once a month.\n" });
  expectExit(await place.rerank(["index", "notes", "--models", "mini"]), 0);
});
afterAll(() => place?.remove());

async function connect({ args = CANDIDATES, cwd = place.folder, ...options }: ClientOptions & { readonly args?: readonly string[]; readonly cwd?: string } = {}) {
  const transport = new StdioClientTransport({ command: process.execPath, args: [PROGRAM, "mcp", ...args], cwd, env: { ...place.environment }, stderr: "pipe" });
  let stderr = "";
  transport.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const client = new Client({ name: "test", version: "1" }, options);
  onTestFinished(() => client.close());
  await client.connect(transport);
  return { client, transport, stderr: () => stderr };
}

/** The program with its streams in our hands. */
function start(args: readonly string[] = [], cwd = place.folder) {
  const child = spawn(process.execPath, [PROGRAM, "mcp", ...args], { cwd, env: { ...place.environment } });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    send: (message: object) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    next: async () => JSON.parse((await lines.next()).value as string) as { id?: number; result?: Record<string, unknown> },
    ended: once(child, "close") as Promise<[number | null, string | null]>,
  };
}

describe("rerank mcp, and an official client over stdio", () => {
  test.each([
    ["2025", {}],
    ["2026", { versionNegotiation: { mode: "auto" } }],
  ] as const)("searches, reads, ranks and tells its status, in the protocol of %s", async (_year, options) => {
    const { client, stderr } = await connect(options);
    expect(client.getInstructions()).toContain("Ask search whole questions");
    const found = await client.callTool({ name: "search", arguments: { query: "how do I remove limescale?", limit: 1 } });
    const { results } = found.structuredContent as { results: { path: string; passage_id: number; absolute_path: string; relevance: number }[] };
    expect(results).toMatchObject([{ path: "notes/kettle.md", absolute_path: place.path("notes", "kettle.md") }]);
    expect(results[0]?.relevance).toBeGreaterThan(0.1);
    const read = await client.callTool({ name: "read", arguments: { passage_id: results[0]?.passage_id } });
    expect(textOf(read)).toContain("> Boil vinegar and water in it to remove limescale.");
    const ranked = await client.callTool({ name: "rank", arguments: { query: "How do I remove limescale?", documents: [{ text: "Pump up the tyres." }, { text: "Boil vinegar to remove limescale.", id: "k" }] } });
    expect(ranked.structuredContent).toMatchObject({ results: [{ id: "k", position: 1 }, { position: 0 }] });
    const status = await client.callTool({ name: "status", arguments: {} });
    expect(status.structuredContent).toMatchObject({ documents: 2, roots: ["notes"], base_folder: place.folder, embedder: { id: "mini", state: "loaded" }, reranker: { id: "mini", state: "loaded" } });
    expect((status.structuredContent as { size_bytes: number }).size_bytes).toBeGreaterThan(1000);
    expect(stderr()).toContain("mini (reranker) is loaded");
  });

  test("works without an index, except for what needs one; and finds the index that is made meanwhile, and what is added to it", async () => {
    const empty = createWorkplace();
    onTestFinished(() => empty.remove());
    const { client } = await connect({ cwd: empty.folder, args: ["--models", "mini"] });
    const documents = [{ text: "Pump up the tyres." }, { text: "Boil vinegar to remove limescale." }];
    expect((await client.callTool({ name: "rank", arguments: { query: "limescale removal with vinegar", documents } })).structuredContent).toMatchObject({ results: [{ position: 1 }, {}] });
    for (const [name, args] of [["search", { query: "limescale" }], ["read", { path: "a.md" }], ["status", {}]] as const) {
      const answer = await client.callTool({ name, arguments: args });
      expect(answer.isError).toBe(true);
      expect(textOf(answer)).toContain("rerank index");
    }
    empty.write({ "docs/kettle.md": KETTLE });
    expectExit(await empty.rerank(["index", "docs", "--models", "mini"]), 0);
    expect((await client.callTool({ name: "status", arguments: {} })).structuredContent).toMatchObject({ documents: 1, stale: false });
    empty.write({ "docs/more.md": "The bicycle's chain wants a drop of oil.\n" });
    const stale = await client.callTool({ name: "status", arguments: {} });
    expect(stale.structuredContent).toMatchObject({ documents: 1, stale: true, added: 1, changed: 0, gone: 0 });
    expect(textOf(stale)).toContain("out of date: 0 changed, 1 new, 0 gone; `rerank index` brings it up to date");
    expectExit(await empty.rerank(["index"]), 0);
    await expect.poll(async () => textOf(await client.callTool({ name: "search", arguments: { query: "oil the chain", limit: 1 } })), { timeout: 60_000, interval: 500 }).toContain("docs/more.md");
  });

  test("models that cannot be had are the tools' error, with its hint, and no end of the server", async () => {
    const { client } = await connect({ args: ["--models", "no-such-model"] });
    expect((await client.listTools()).tools).toHaveLength(4);
    const answer = await client.callTool({ name: "search", arguments: { query: "limescale" } });
    expect(answer.isError).toBe(true);
    expect(textOf(answer)).toMatch(/no-such-model[^]*\nhint: /);
  });
});

describe("the process of rerank mcp", () => {
  test("writes nothing but messages of the protocol on stdout, from the first byte to the last", async () => {
    const { child, send, next, stdout, stderr, ended } = start(CANDIDATES);
    send(INITIALIZE);
    expect((await next()).result).toMatchObject({ serverInfo: { name: "rerank" } });
    child.stdin.write("this is no message\n");
    send({ jsonrpc: "2.0", method: "notifications/initialized" });
    send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "search", arguments: { query: "limescale" } } });
    expect(await next()).toMatchObject({ id: 1, result: { structuredContent: { judged: 2 } } });
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
    for (const line of stdout().trimEnd().split("\n")) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
    expect(stderr()).not.toMatch(/^ {4}at /m);
  });

  test("answers initialize before its models are there", async () => {
    const { send, next, child } = start(CANDIDATES);
    send(INITIALIZE);
    await next();
    const [model] = inferenceProcessesOf(child.pid ?? 0);
    // Stopped for good, if it has begun at all: the handshake does not ask for it.
    if (model !== undefined) process.kill(model, "SIGSTOP");
    send({ jsonrpc: "2.0", method: "notifications/initialized" });
    send({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    expect((await next()).result).toMatchObject({ tools: [{}, {}, {}, {}] });
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s is its normal end, in the middle of a call too, and its models end with it", async (signal) => {
    const { child, send, next, ended, stderr } = start(CANDIDATES);
    send(INITIALIZE);
    await next();
    send({ jsonrpc: "2.0", method: "notifications/initialized" });
    send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "search", arguments: { query: "limescale" } } });
    await next();
    const models = inferenceProcessesOf(child.pid ?? 0);
    expect(models.length).toBeGreaterThan(0);
    send({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "search", arguments: { query: "another question" } } });
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(stderr()).not.toMatch(/^ {4}at |unexpected error/m);
    await expect.poll(() => models.filter(isAlive)).toEqual([]);
  });

  test("ends with its client's pipe, also while models load", async () => {
    const { child, ended, stdout } = start();
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
    expect(stdout()).toBe("");
  });

  test("refuses options of a listener without --http", async () => {
    expectUserError(await place.rerank(["mcp", "--port", "8080"]), "--port is for a server that listens", "add --http");
  });
});

test("rerank mcp --http answers at /mcp with the server's key, beside all that rerank serve answers", async () => {
  const key = "sk-0123456789abcdef";
  const env = { ...place.environment, RERANK_API_KEY: key };
  const child = spawn(process.execPath, [PROGRAM, "mcp", "--http", "--port", "0", "--candidates", "4", "--budget", "1ms"], { cwd: place.folder, env });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close");
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const connectWith = async (sent: string): Promise<Client> => {
    const client = new Client({ name: "test", version: "1" });
    onTestFinished(() => client.close());
    await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", url), { requestInit: { headers: { "x-api-key": sent } } }));
    return client;
  };
  await expect(connectWith("sk-wrong-wrong-wrong")).rejects.toThrow();
  const client = await connectWith(key);
  const found = await client.callTool({ name: "search", arguments: { query: "how do I remove limescale?" } });
  expect(found.structuredContent).toMatchObject({ results: [{ path: "notes/kettle.md" }, { path: "notes/tyres.md" }], partial: true });
  expect((await client.callTool({ name: "status", arguments: {} })).structuredContent).toMatchObject({ defaults: { limit: 5, budget_ms: 1, candidates: 4 } });
  expect(JSON.stringify(found)).not.toContain(place.folder);
  const rerank = await fetch(`${url}/v1/rerank`, { method: "POST", headers: { "content-type": "application/json", "x-api-key": key }, body: JSON.stringify({ query: "a", documents: ["b"] }) });
  expect(rerank.status).toBe(200);
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});
