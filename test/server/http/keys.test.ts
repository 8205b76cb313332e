import { describe, expect, test } from "vitest";
import { createKeyAttempts } from "../../../src/server/http/key-attempts.ts";
import { createKeyring } from "../../../src/server/http/keyring.ts";
import { digestKey, LOCAL_SECURITY } from "../../../src/server/http/security-options.ts";
import { startApp } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";

const KEYS = ["first-key-of-the-server", "second-key-of-the-server"];
const LOCKED = { ...LOCAL_SECURITY, keyDigests: KEYS.map(digestKey) };
const BODY = { query: "kettle", documents: ["a kettle"] };

describe("a server with keys", () => {
  test.each([
    ["Authorization", `Bearer ${KEYS[0]}`],
    ["Authorization", `bearer   ${KEYS[1]}`],
    ["X-API-Key", KEYS[1] as string],
    ["api-key", KEYS[0] as string],
  ])("answers who brings one of them as %s: %s", async (name, value) => {
    const { post } = await startApp([probeDialect], { security: LOCKED });
    expect(await post("/probe", BODY, { [name]: value })).toMatchObject({ status: 200 });
  });

  test.each([
    ["none", {}],
    ["a wrong one", { authorization: "Bearer third-key-of-the-server" }],
    ["an empty one", { authorization: "Bearer " }],
    ["the beginning of one", { authorization: `Bearer ${KEYS[0]?.slice(0, -1)}` }],
    ["one with more behind it", { "x-api-key": `${KEYS[0]}x` }],
    ["another scheme", { authorization: `Basic ${KEYS[0]}` }],
    ["a digest instead of the key", { authorization: `Bearer ${Buffer.from(LOCKED.keyDigests[0] ?? []).toString("hex")}` }],
    ["an endless one", { "x-api-key": "k".repeat(5000) }],
  ])("answers 401 in the dialect's shape to who brings %s", async (_what, headers) => {
    const { post, models } = await startApp([probeDialect], { security: LOCKED });
    const { status, headers: answered, body } = await post("/probe", BODY, headers);
    expect({ status, body }).toEqual({ status: 401, body: { probe: "unauthorized", message: expect.stringContaining("a key is needed") } });
    expect(answered.get("www-authenticate")).toBe('Bearer realm="rerank"');
    expect(models.scored).toEqual([]);
  });

  test("takes a good key beside an Authorization that is for a proxy", async () => {
    const { post } = await startApp([probeDialect], { security: LOCKED });
    expect((await post("/probe", BODY, { authorization: "Basic cHJveHk6cHJveHk=", "x-api-key": KEYS[0] as string })).status).toBe(200);
  });

  test("takes a key from the address only when told to", async () => {
    const closed = await startApp([probeDialect], { security: LOCKED });
    const open = await startApp([probeDialect], { security: { ...LOCKED, queryToken: true } });
    const path = `/probe?access_token=${KEYS[0]}`;
    expect((await closed.post(path, BODY)).status).toBe(401);
    expect((await open.post(path, BODY)).status).toBe(200);
    expect((await open.post(`${path}&access_token=${KEYS[0]}`, BODY)).status).toBe(401);
  });

  test("asks for a key before it tells which paths and methods there are", async () => {
    const { url } = await startApp([probeDialect], { security: LOCKED });
    const statuses = await Promise.all(["/", "/nowhere", "/probe", "/metrics", "/docs-of-others"].map(async (path) => (await fetch(url + path)).status));
    expect(statuses).toEqual([401, 401, 401, 401, 401]);
    expect((await fetch(`${url}/nowhere`, { headers: { "x-api-key": KEYS[0] as string } })).status).toBe(404);
  });

  test("answers open routes without one, and /metrics where that was asked for", async () => {
    const { url } = await startApp([probeDialect], { security: { ...LOCKED, openMetrics: true } });
    for (const path of ["/livez", "/readyz", "/health", "/docs", "/docs/", "/docs/json", "/docs/static/swagger-ui.css", "/openapi.json", "/metrics", "/open"]) {
      const response = await fetch(url + path);
      expect({ path, status: response.status, length: (await response.text()).length }).toEqual({ path, status: 200, length: expect.any(Number) });
    }
  });

  test("tells holders of different keys apart without telling their keys", async () => {
    const { url } = await startApp([probeDialect], { security: LOCKED });
    const clients = await Promise.all(KEYS.map(async (key) => ((await (await fetch(`${url}/client`, { headers: { "x-api-key": key } })).json()) as { client: string }).client));
    expect(new Set(clients).size).toBe(2);
    for (const client of clients) expect(client).toMatch(/^key-[12]$/);
  });
});

describe("wrong keys", () => {
  test("are turned away with 429 from the thirty-first on, whatever the rate limit; a key that was good here before is not", async () => {
    const { post } = await startApp([probeDialect], { security: LOCKED });
    const ask = async (key: string) => post("/probe", BODY, { "x-api-key": key });
    expect((await ask(KEYS[0] as string)).status).toBe(200);
    const statuses = [];
    for (let guess = 0; guess < 32; guess++) statuses.push((await ask(`wrong-key-${guess}`)).status);
    expect(statuses).toEqual([...Array.from({ length: 30 }, () => 401), 429, 429]);
    const { status, headers, body } = await ask("wrong-key");
    expect({ status, body }).toEqual({ status: 429, body: { probe: "rate-limited", message: "more than 30 wrong keys in a minute" } });
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(50);
    expect([(await ask(KEYS[0] as string)).status, (await ask(KEYS[1] as string)).status]).toEqual([200, 429]);
    expect((await post("/probe", BODY)).status).toBe(401);
  });

  test("count for each address, for a minute", () => {
    let nowMs = 0;
    const attempts = createKeyAttempts(() => nowMs);
    for (let guess = 0; guess < 30; guess++) attempts.refuse("10.0.0.1");
    expect(() => attempts.refuse("10.0.0.1")).toThrow(/wrong keys/);
    expect(() => attempts.accept("10.0.0.1", "key-1")).toThrow(/wrong keys/);
    expect(() => attempts.accept("10.0.0.2", "key-1")).not.toThrow();
    nowMs = 59_999;
    expect(() => attempts.refuse("10.0.0.1")).toThrow(expect.objectContaining({ kind: "rate-limited", retryAfterSeconds: 1 }));
    nowMs = 60_000;
    expect(() => attempts.accept("10.0.0.1", "key-1")).not.toThrow();
  });

  test("without any key are not counted: nothing is guessed", async () => {
    const { url } = await startApp([probeDialect], { security: LOCKED });
    for (let round = 0; round < 35; round++) expect((await fetch(`${url}/client`)).status).toBe(401);
  });
});

test("a server without keys knows clients by their address", async () => {
  const { url } = await startApp([probeDialect]);
  expect(await (await fetch(`${url}/client`, { headers: { "x-api-key": "whatever", "x-forwarded-for": "8.8.8.8" } })).json()).toEqual({ client: "127.0.0.1" });
});

test("a keyring without keys opens for nobody", () => {
  const keyring = createKeyring({ keyDigests: [], queryToken: true });
  expect([keyring.isEmpty, keyring.holderOf({ headers: { "x-api-key": "" }, query: { access_token: "" } })]).toEqual([true, undefined]);
});
