import { Client, StreamableHTTPClientTransport, type ClientOptions, type Progress } from "@modelcontextprotocol/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMcpDialect } from "../../../src/cli/mcp/mcp-dialect.ts";
import { UserError } from "../../../src/domain/errors.ts";
import { digestKey, LOCAL_SECURITY } from "../../../src/server/http/security-options.ts";
import { createFakeAgent, textOf, type FakeAgentOptions } from "../../support/agent-session.ts";
import { startApp, TEST_LIMITS } from "../../support/start-app.ts";

const KEY = "sk-0123456789abcdef";
const TEXTS = { "kettle.md": ["remove limescale with vinegar", "rinse the kettle"], "/home/ana/elsewhere/tea.md": Array.from({ length: 20 }, (_, number) => `tea ${number}`) };
const LEGACY: ClientOptions = {};
const MODERN: ClientOptions = { versionNegotiation: { mode: { pin: "2026-07-28" } } };
const ACCEPT = { accept: "application/json, text/event-stream" };
const LIST = { jsonrpc: "2.0", id: 1, method: "tools/list" };

interface StartOptions extends FakeAgentOptions {
  readonly keys?: readonly string[];
  readonly deadlineMs?: number;
}

async function start({ keys = [], deadlineMs = TEST_LIMITS.deadlineMs, ...options }: StartOptions = {}) {
  const limits = { ...TEST_LIMITS, deadlineMs };
  const agent = await createFakeAgent({ texts: TEXTS, limits, ...options });
  const started = await startApp([createMcpDialect(agent.options)], { limits, security: { ...LOCAL_SECURITY, keyDigests: keys.map(digestKey) } });
  return { ...agent, ...started, models: agent.models };
}

async function connect(url: string, { key, ...options }: ClientOptions & { readonly key?: string } = {}): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, options);
  onTestFinished(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", url), key === undefined ? {} : { requestInit: { headers: { authorization: `Bearer ${key}` } } }));
  return client;
}

describe.each([
  ["2025", LEGACY],
  ["2026", MODERN],
])("a client of the protocol of %s over HTTP", (_year, clientOptions) => {
  test("lists the tools and calls each of them", async () => {
    const { url } = await start();
    const client = await connect(url, clientOptions);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["search", "rank", "read", "status"]);
    const found = await client.callTool({ name: "search", arguments: { query: "remove limescale", limit: 1 } });
    expect(found.structuredContent).toMatchObject({ results: [{ path: "kettle.md", text: "remove limescale with vinegar" }] });
    expect((await client.callTool({ name: "read", arguments: { path: "kettle.md", line: 2 } })).structuredContent).toMatchObject({ passages: [{}, { text: "rinse the kettle", wanted: true }] });
    expect((await client.callTool({ name: "rank", arguments: { query: "tea", documents: [{ text: "a" }, { text: "tea" }] } })).structuredContent).toMatchObject({ results: [{ position: 1 }, {}] });
    expect((await client.callTool({ name: "status", arguments: {} })).structuredContent).toMatchObject({ documents: 2 });
  });

  test("hears of progress", async () => {
    const { url } = await start({ delayMs: 15 });
    const client = await connect(url, clientOptions);
    const told: Progress[] = [];
    await client.callTool({ name: "search", arguments: { query: "tea" } }, { onprogress: (progress) => void told.push(progress) });
    expect(told.at(-1)).toMatchObject({ progress: 22, total: 22 });
    expect(told.length).toBeGreaterThan(2);
  });

  test("stops the reranker by cancelling, or by leaving", async () => {
    const { url, models } = await start({ delayMs: 30 });
    const client = await connect(url, clientOptions);
    const leave = new AbortController();
    const call = client.callTool({ name: "search", arguments: { query: "tea" } }, { signal: leave.signal });
    const outcome = call.then(() => "answered", () => "cancelled");
    await expect.poll(() => models.scored.length).toBe(1);
    leave.abort("enough");
    // The protocol of 2025 cancels by a message of its own, which another request brings: only leaving ends the work there.
    if (clientOptions === LEGACY) await client.close();
    expect(await outcome).toBe("cancelled");
    await expect.poll(() => models.scored[0]?.signal.aborted).toBe(true);
  });

  test("needs the server's key, and works in its own name", async () => {
    const { url, models } = await start({ keys: [KEY, "another-key-0000"] });
    await expect(connect(url, clientOptions)).rejects.toThrow();
    await expect(connect(url, { ...clientOptions, key: "sk-wrong-wrong-wrong" })).rejects.toThrow();
    for (const key of [KEY, "another-key-0000"]) await (await connect(url, { ...clientOptions, key })).callTool({ name: "search", arguments: { query: "tea" } });
    const clients = models.scored.map(({ client }) => client);
    expect(new Set(clients).size).toBe(2);
    expect(clients.join()).not.toContain(KEY);
  });

  test("is told no folder of the server's", async () => {
    const failing = await start({ viewFailure: () => new UserError("the index in /srv/private is damaged", { hint: "run rerank audit" }) });
    const client = await connect(failing.url, clientOptions);
    for (const [name, args] of [["search", { query: "tea" }], ["read", { path: "kettle.md" }], ["status", {}]] as const) {
      const answer = await client.callTool({ name, arguments: args });
      expect(answer.isError).toBe(true);
      expect(textOf(answer)).toMatch(/^the index cannot be (read|searched); the server's log says why/);
    }
  });

  test("is told of a fault in general words", async () => {
    const { url } = await start({ failure: () => new TypeError("/srv/private is undefined") });
    const answer = await (await connect(url, clientOptions)).callTool({ name: "search", arguments: { query: "tea" } });
    expect(textOf(answer)).toBe("the server has failed; its log says more");
  });

  test("has the server's time limit, which gives it the order so far", async () => {
    const { url } = await start({ delayMs: 200, deadlineMs: 3000 });
    const answer = await (await connect(url, clientOptions)).callTool({ name: "search", arguments: { query: "tea" } });
    expect(answer).toMatchObject({ structuredContent: { partial: true } });
  });
});

test.each([
  ["2025", LEGACY],
  ["2026", MODERN],
])("a client of %s hears of it when there was no time for any answer", async (_year, clientOptions) => {
  const { url } = await start({ delayMs: 2000, deadlineMs: 1000 });
  const client = await connect(url, clientOptions);
  const answer = await client.callTool({ name: "rank", arguments: { query: "tea", documents: [{ text: "tea" }] } });
  expect(answer.isError).toBe(true);
  expect(textOf(answer)).toBe("no answer within 1 s\nhint: try again in 5 s");
});

describe("POST /mcp", () => {
  test("asks for a key before it reads anything, and says so as the protocol does", async () => {
    const { post, models } = await start({ keys: [KEY] });
    const { status, headers, body } = await post("/mcp", LIST, ACCEPT);
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toContain("Bearer");
    expect(body).toEqual({ jsonrpc: "2.0", id: null, error: { code: -32_000, message: expect.stringContaining("a key is needed") } });
    expect(models.scored).toEqual([]);
  });

  test("refuses pages of other origins, and other names of the host", async () => {
    const { post } = await start();
    expect((await post("/mcp", LIST, { ...ACCEPT, origin: "https://evil.example" })).status).toBe(403);
  });

  test("refuses what is not JSON, and messages that are none", async () => {
    const { url, post } = await start();
    const broken = await fetch(`${url}/mcp`, { method: "POST", headers: { ...ACCEPT, "content-type": "application/json" }, body: "{" });
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ jsonrpc: "2.0", error: { code: -32_000 } });
    expect((await fetch(`${url}/mcp`, { method: "POST", headers: { ...ACCEPT, "content-type": "text/plain" }, body: "x" })).status).toBe(415);
    for (const body of [{}, [], 7, "x", { jsonrpc: "1.0" }]) {
      const { status } = await post("/mcp", body, ACCEPT);
      expect(status, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
      expect(status, JSON.stringify(body)).toBeLessThan(500);
    }
  });

  test.each(["GET", "DELETE"])("has no sessions: %s is answered with 405", async (method) => {
    const { url } = await start();
    const response = await fetch(`${url}/mcp`, { method, headers: ACCEPT });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
  });

  test("answers a request without a handshake: nothing is kept between two of them", async () => {
    const { post } = await start();
    const response = await post("/mcp", { ...LIST, params: { _meta: META } }, { ...ACCEPT, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list" });
    expect(response).toMatchObject({ status: 200, body: { id: 1, result: { tools: [{ name: "search" }, {}, {}, {}] } } });
  });

  test("tells what a call has cost in the headers that other routes have", async () => {
    const { post } = await start();
    const params = { name: "search", arguments: { query: "tea" }, _meta: META };
    const { status, headers } = await post("/mcp", { ...LIST, method: "tools/call", params }, { ...ACCEPT, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "search" });
    expect(status).toBe(200);
    expect(headers.get("x-model")).toBe("mini");
    expect(Number(headers.get("x-compute-tokens"))).toBeGreaterThan(0);
  });

  test("opens no subscriptions, which would only hold connections", async () => {
    const { post } = await start();
    const params = { notifications: { toolsListChanged: true }, _meta: META };
    const { body } = await post("/mcp", { ...LIST, method: "subscriptions/listen", params }, { ...ACCEPT, "mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen" });
    expect(body).toMatchObject({ error: { code: -32_603 } });
  });
});

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
