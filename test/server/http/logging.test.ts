import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createServerLogger, type LogLevel } from "../../../src/server/http/server-logger.ts";
import { digestKey, LOCAL_SECURITY } from "../../../src/server/http/security-options.ts";
import { textFreeMessage } from "../../../src/server/http/text-free-message.ts";
import { startApp } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";
import { exchange, openSocket, requestText } from "./raw-http.ts";

const KEY = "a-key-that-must-not-be-logged";
const QUERY = "a question that must not be logged";
const DOCUMENT = "a document that must not be logged";
const BODY = { query: QUERY, documents: [DOCUMENT] };

async function startLogged({ level = "debug", isTerminal = false, delayMs = 0 }: { level?: LogLevel; isTerminal?: boolean; delayMs?: number } = {}) {
  let written = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  const logger = createServerLogger({ level, stream, isTerminal, isColored: false });
  const started = await startApp([probeDialect], { logger, fake: { delayMs }, security: { ...LOCAL_SECURITY, keyDigests: [digestKey(KEY)], queryToken: true } });
  return {
    ...started,
    text: () => written,
    lines: () => written.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe("the log", () => {
  test("has one line for a request, with its times, its cost and who asked", async () => {
    const { post, lines } = await startLogged({ level: "info" });
    await post("/probe?unknown=1", BODY, { "x-api-key": KEY, "x-request-id": "trace-1" });
    await expect.poll(() => lines().filter(({ route }) => route === "/probe")).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        requestId: "trace-1",
        method: "POST",
        route: "/probe",
        dialect: "probe",
        status: 200,
        ms: expect.any(Number),
        model: "mini",
        texts: 1,
        inputTokens: 18,
        cachedTexts: 0,
        queueMs: 1,
        inferenceMs: 2,
        client: "key-1",
        msg: "POST /probe 200",
      },
    ]);
  });

  test("holds neither a key nor a text, whatever is asked and whatever fails", async () => {
    const { url, post, text, lines } = await startLogged();
    const good = { "x-api-key": KEY };
    await post("/probe", BODY, good);
    await post(`/probe?access_token=${KEY}`, BODY);
    await post(`/probe?access_token=${KEY}x`, BODY);
    await post("/probe", { query: 3, documents: [DOCUMENT] }, good);
    await post("/probe", BODY, { authorization: `Bearer ${KEY} ` });
    await post("/fails", BODY, good);
    await post("/model-fails", BODY, good);
    await post("/not-a-number", BODY, good);
    await fetch(`${url}/${encodeURIComponent(QUERY)}?access_token=${KEY}`);
    await fetch(`${url}/probe/${encodeURIComponent(DOCUMENT)}?access_token=${KEY}`);
    await fetch(`${url}/%ff?access_token=${KEY}`);
    await fetch(`${url}/probe`, { method: "POST", body: `{"query": "${QUERY}"`, headers: { ...good, "content-type": "application/json" } });
    await exchange(url, `GET /?access_token=${KEY} HTTP/9\r\nX-API-Key: ${KEY}\r\n\r\n`);
    await exchange(url, requestText("GET", `/health?access_token=${KEY}`, { Host: "evil.example", Authorization: `Bearer ${KEY}`, "X-Request-Id": `"},"${QUERY}` }));
    await expect.poll(() => lines().filter(({ msg }) => msg !== undefined).length).toBeGreaterThanOrEqual(14);
    for (const secret of [KEY, QUERY, DOCUMENT, encodeURIComponent(QUERY), encodeURIComponent(DOCUMENT), "must not be logged"]) expect(text()).not.toContain(secret);
  });

  test("has the stack of our own failures, of all their causes, and of nothing else", async () => {
    const { post, lines } = await startLogged();
    const good = { "x-api-key": KEY };
    await post("/fails-alone", {}, good);
    await post("/model-fails", {}, good);
    await post("/probe", {}, good);
    await expect.poll(() => lines().filter(({ status }) => status !== undefined)).toHaveLength(3);
    const [failed, modelFailed, refused] = lines().filter(({ status }) => status !== undefined);
    expect(failed).toMatchObject({
      level: "error",
      error: "internal",
      fault: [
        { message: "Error: a bug that nobody has seen", at: expect.arrayContaining([expect.stringContaining("probe-dialect")]) },
        { message: "TypeError: a deeper reason", at: expect.arrayContaining([expect.stringContaining("probe-dialect")]) },
      ],
    });
    expect(modelFailed).toMatchObject({ level: "error", error: "model-failed" });
    expect(refused).toMatchObject({ level: "info", error: "invalid", status: 422 });
    expect([modelFailed?.["fault"], refused?.["fault"]]).toEqual([undefined, undefined]);
  });

  test("says why a model is not to be had, which no client is told", async () => {
    const { post, lines } = await startLogged();
    const answer = await post("/model-is-gone", {}, { "x-api-key": KEY });
    expect(JSON.stringify(answer)).not.toContain("/models");
    await expect.poll(() => lines().find(({ route }) => route === "/model-is-gone")).toMatchObject({
      level: "warn",
      error: "unavailable",
      fault: [{ message: "Error: the model file /models/mini.onnx cannot be read", at: expect.arrayContaining([expect.stringContaining("probe-dialect")]) }],
    });
  });

  test("withholds the message of a failure that repeats the request, and keeps its place", async () => {
    const { post, lines } = await startLogged();
    await post("/fails", BODY, { "x-api-key": KEY });
    await expect.poll(() => lines().find(({ route }) => route === "/fails")).toMatchObject({
      fault: [{ message: "Error: (the message is withheld: it repeats what the request says)", at: expect.arrayContaining([expect.stringContaining("probe-dialect")]) }, { message: "TypeError: a deeper reason" }],
    });
  });

  test("withholds it as well where it repeats the address, or the name of a member", async () => {
    const { url, post, lines } = await startLogged();
    const key = { "x-api-key": KEY };
    await fetch(`${url}/fails-at/limescale`, { headers: key });
    await fetch(`${url}/fails-at/x?q=limescale`, { headers: key });
    await post("/fails-at", { documents: [{ limescale: 1 }] }, key);
    await fetch(`${url}/fails-at/x?q=other`, { headers: key });
    await expect.poll(() => lines().filter(({ error }) => error === "internal")).toHaveLength(4);
    const messages = lines().flatMap(({ fault }) => (Array.isArray(fault) ? [(fault as { message: string }[])[0]?.message] : []));
    expect(messages.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => expect.stringContaining("withheld")));
    expect(messages[3]).toBe("Error: the documents tell of limescale");
  });

  test("has the stack of a failure in the middle of a stream, whose answer had begun", async () => {
    const { url, lines } = await startLogged();
    await (await fetch(`${url}/streams`, { method: "POST", headers: { "x-api-key": KEY } })).text();
    await expect.poll(() => lines().find(({ route }) => route === "/streams")).toMatchObject({ level: "error", status: 200, error: "internal", fault: [{ message: "Error: a bug in the middle of a stream" }] });
  });

  test("tells of open routes at debug only", async () => {
    const { url, lines } = await startLogged({ level: "info" });
    await fetch(`${url}/health`);
    await fetch(`${url}/nowhere`);
    await expect.poll(() => lines().map(({ msg }) => msg)).toContainEqual("GET unknown 401");
    expect(lines().map(({ route }) => route)).not.toContain("/health");
  });

  test.each([
    ["error", ["POST /fails 500"]],
    ["silent", []],
  ] as const)("at %s tells no more than that", async (level, expected) => {
    const { post, lines } = await startLogged({ level });
    await post("/probe", BODY, { "x-api-key": KEY });
    await post("/fails", BODY, { "x-api-key": KEY });
    await post("/probe", {}, { "x-api-key": KEY });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lines().map(({ msg }) => msg)).toEqual(expected);
  });

  test("is written for people on a terminal, at once", async () => {
    const { post, text } = await startLogged({ level: "info", isTerminal: true });
    await post("/probe", BODY, { "x-api-key": KEY });
    await expect.poll(text).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: POST \/probe 200 .*"texts":1/m);
    expect(text()).not.toContain("must not be logged");
  });

  test("says 499 of a client that has left before its answer", async () => {
    const { url, models, lines } = await startLogged({ delayMs: 60_000 });
    const socket = openSocket(url);
    socket.write(requestText("POST", "/probe", { Host: "localhost", "Content-Type": "application/json", "X-API-Key": KEY }, JSON.stringify(BODY)));
    await expect.poll(() => models.scored).toHaveLength(1);
    socket.destroy();
    await expect.poll(() => lines().at(-1)).toMatchObject({ level: "info", route: "/probe", status: 499 });
  });
});

test("fastify's own lines do not tell a key that stands in an address, and are left out where they say nothing", () => {
  let written = "";
  const stream = new Writable({ write: (chunk, _encoding, done) => ((written += String(chunk)), done()) });
  const logger = createServerLogger({ level: "warn", stream, isTerminal: false });
  logger.warn({ err: new Error(`reply was sent in GET:/probe?access_token=${KEY}&x=1`) }, `twice: /probe?x=1&access_token=${KEY}`);
  expect(written).not.toContain(KEY);
  expect(written).toContain("access_token=[key]&x=1");
  written = "";
  logger.error("");
  expect(written).toBe("");
});

describe("the message of an error", () => {
  const names = new Set(["query", "documents"]);
  const body = { query: "limescale", documents: ["The kettle boils in three minutes, and the teapot in four of them."], ids: [["ab"]], "how to descale": 1, of: [{ vinegar: true }] };

  test.each(["cannot read limescale", "bad token in: boils in three minutes, and the", "…ttle boils in three minutes, and…", "no member how to descale", "vinegar is true"])("is withheld where it quotes the request: %s", (message) => {
    expect(textFreeMessage(message, body, names)).toMatch(/withheld/);
  });

  test.each(["tensor 3 has 5 rows, not 7", "about the kettle", "", "absurd", "documents of a query", "offers"])("is kept where it does not: %s", (message) => {
    expect(textFreeMessage(message, body, names)).toBe(message);
  });

  test("is withheld where the request is too large to be searched, and cut where it is long itself", () => {
    expect(textFreeMessage("what is wrong", { documents: ["x".repeat(2_000_001)] })).toMatch(/withheld/);
    expect(textFreeMessage("w".repeat(9000), undefined)).toHaveLength(2000);
  });

  test("is found in a body of any depth", () => {
    let deep: unknown = "limescale";
    for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
    expect(textFreeMessage("cannot read limescale", deep)).toMatch(/withheld/);
  });
});
