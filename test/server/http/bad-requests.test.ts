import { describe, expect, test } from "vitest";
import { startApp, TEST_LIMITS } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";
import { exchange, openSocket, parseAnswer, requestText } from "./raw-http.ts";
import { text } from "node:stream/consumers";

const GOOD = JSON.stringify({ query: "kettle", documents: ["a kettle"] });
const JSON_TYPE = { "content-type": "application/json" };

function superset(status: number, type: string) {
  return { error: { message: expect.any(String), type, param: null, code: status }, message: expect.any(String), id: expect.any(String) };
}

describe("a body that cannot be read", () => {
  test.each([
    ["broken JSON", '{"query": "kettle"', JSON_TYPE, 422],
    ["nothing", "", JSON_TYPE, 422],
    ["a number that is none", '{"query": NaN, "documents": []}', JSON_TYPE, 422],
    ["a prototype", `{"query": "kettle", "documents": ["a"], "__proto__": {"documents": ["b"]}}`, JSON_TYPE, 422],
    ["a constructor's prototype", `{"query": "kettle", "documents": ["a"], "constructor": {"prototype": {"a": 1}}}`, JSON_TYPE, 422],
    ["text where a list is meant", '{"query": "kettle", "documents": "a"}', JSON_TYPE, 422],
    ["a list where an object is meant", "[]", JSON_TYPE, 422],
    ["null", "null", JSON_TYPE, 422],
    ["a form", GOOD, { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["plain text", GOOD, { "content-type": "text/plain" }, 415],
    ["a type that is none", GOOD, { "content-type": "json" }, 415],
    ["packed bytes", GOOD, { ...JSON_TYPE, "content-encoding": "gzip" }, 415],
    ["too many bytes", JSON.stringify({ query: "k".repeat(TEST_LIMITS.maxBodyBytes), documents: [] }), JSON_TYPE, 413],
  ])("is refused in the dialect's shape: %s", async (_what, body, headers, status) => {
    const { url, models } = await startApp([probeDialect]);
    const response = await fetch(`${url}/probe`, { method: "POST", body, headers });
    expect({ status: response.status, body: await response.json() }).toMatchObject({ status, body: { probe: status === 413 ? "too-many" : "invalid", message: expect.any(String) } });
    expect(models.scored).toEqual([]);
  });

  test.each([
    ["bytes of another encoding", Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xd6, 0xd0, 0x22, 0x7d]), JSON_TYPE, 422, "the body is not UTF-8"],
    ["another charset", Buffer.from(GOOD), { "content-type": "application/json; charset=gbk" }, 415, /reads UTF-8/],
    ["a prototype", Buffer.from('{"__proto__": {}}'), JSON_TYPE, 422, /"__proto__"/],
    ["broken JSON that names one", Buffer.from('{"__proto__": {}'), JSON_TYPE, 422, /not valid JSON/],
  ])("is refused for what it is: %s", async (_what, body, headers, status, message) => {
    const { url } = await startApp([probeDialect]);
    const response = await fetch(`${url}/probe`, { method: "POST", body, headers });
    expect({ status: response.status, body: await response.json() }).toMatchObject({ status, body: { message: expect.stringMatching(message) } });
  });

  test("is read in UTF-8 with a byte order mark, and where that charset is named", async () => {
    const { url, models } = await startApp([probeDialect]);
    const body = Buffer.from(`\uFEFF${JSON.stringify({ query: "水壶", documents: ["水壶"] })}`);
    const response = await fetch(`${url}/probe`, { method: "POST", body, headers: { "content-type": 'application/json; charset="UTF-8"' } });
    expect(response.status).toBe(200);
    expect(models.scored[0]?.query).toBe("水壶");
  });

  test("is refused without a type too, with a word on what to send", async () => {
    const { url } = await startApp([probeDialect]);
    const { status, body } = parseAnswer(await exchange(url, requestText("POST", "/probe", { Host: "localhost" }, GOOD)));
    expect({ status, body }).toEqual({ status: 415, body: { probe: "invalid", message: 'the server reads JSON: send "Content-Type: application/json"' } });
  });

  test("is measured as it comes where its length was not told", async () => {
    const { url } = await startApp([probeDialect]);
    const socket = openSocket(url);
    socket.write(requestText("POST", "/probe", { Host: "localhost", "Content-Type": "application/json", "Transfer-Encoding": "chunked" }));
    const chunk = `${(100_000).toString(16)}\r\n${"k".repeat(100_000)}\r\n`;
    for (let sent = 0; sent < 12; sent += 1) socket.write(chunk);
    expect(parseAnswer(await text(socket)).status).toBe(413);
  });

  test("names the member that is wrong, or missing", async () => {
    const { post } = await startApp([probeDialect]);
    const paramOf = async (body: unknown) => (await post("/probe", body)).body.param;
    expect(await paramOf({ documents: [] })).toBe("query");
    expect(await paramOf({ query: "kettle", documents: ["a", 3] })).toBe("documents[1]");
  });
});

describe("an address that leads nowhere", () => {
  test("is a 404 in the shape that most clients read", async () => {
    const { url } = await startApp([probeDialect]);
    for (const [method, path] of [["GET", "/nowhere?secret"], ["POST", "/"], ["DELETE", "/probe/a/b"], ["GET", "//evil.example/probe"]] as const) {
      const response = await fetch(url + path, { method });
      expect({ path, status: response.status, body: await response.json() }).toEqual({ path, status: 404, body: superset(404, "NotFoundError") });
    }
  });

  test("is a 405 with Allow where only the method is wrong", async () => {
    const { url } = await startApp([probeDialect]);
    const allowed = async (method: string, path: string) => {
      const response = await fetch(url + path, { method });
      expect({ status: response.status, body: await response.json() }).toEqual({ status: 405, body: superset(405, "MethodNotAllowedError") });
      return response.headers.get("allow");
    };
    expect(await allowed("GET", "/probe")).toBe("POST");
    expect(await allowed("PUT", "/probe/kettle?x=1")).toBe("GET, HEAD");
    expect(await allowed("OPTIONS", "/health")).toBe("GET, HEAD");
  });

  test("is a 400 where it cannot be decoded", async () => {
    const { url } = await startApp([probeDialect]);
    const response = await fetch(`${url}/probe/%E0%A4%A`);
    expect({ status: response.status, body: await response.json() }).toEqual({ status: 400, body: superset(400, "BadRequestError") });
  });
});

describe("what is no request", () => {
  test.each([
    ["another protocol", "HELO kettle\r\n\r\n", 400],
    ["no host", "GET /health HTTP/1.1\r\n\r\n", 400],
    ["two lengths", "POST /probe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400],
    ["a length and chunks", "POST /probe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na", 400],
    ["a header with a control character", "GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\u0000b\r\n\r\n", 400],
    ["headers beyond 16 kB", `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
  ])("is answered and the connection closed: %s", async (_what, bytes, status) => {
    const { url } = await startApp([probeDialect]);
    const answer = await exchange(url, bytes);
    expect(parseAnswer(answer).status).toBe(status);
    expect(parseAnswer(answer).headers["connection"]).toBe("close");
  });

  test("is worded as other errors are", async () => {
    const { url } = await startApp([probeDialect]);
    const { body, headers } = parseAnswer(await exchange(url, "HELO kettle\r\n\r\n"));
    expect(body).toEqual({ ...superset(400, "BadRequestError"), message: "the request is not HTTP as the server reads it" });
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  test("does not keep the server from answering others", async () => {
    const { url } = await startApp([probeDialect]);
    const hangers = Array.from({ length: 20 }, () => openSocket(url));
    for (const socket of hangers) socket.write("POST /probe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  test("is given up when it comes too slowly: its head, and its body", async () => {
    const forHeads = await startApp([probeDialect], { connections: { headersMs: 200, checkMs: 50 } });
    const forBodies = await startApp([probeDialect], { connections: { requestMs: 400, headersMs: 300, checkMs: 50 } });
    const head = exchange(forHeads.url, "POST /probe HTTP/1.1\r\nHost: localhost\r\n");
    const body = exchange(forBodies.url, "POST /probe HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
    expect((await Promise.all([head, body])).map((answer) => parseAnswer(answer).status)).toEqual([408, 408]);
  });
});

describe("an answer that cannot be given", () => {
  test("is an error of the model where a number is none, and never null", async () => {
    const { post } = await startApp([probeDialect]);
    const { status, body } = await post("/not-a-number", {});
    expect({ status, body }).toEqual({ status: 500, body: { probe: "model-failed", message: "the model gave a value that is not a number" } });
  });

  test("does not tell the client why we have failed", async () => {
    const { post } = await startApp([probeDialect]);
    expect((await post("/fails", { query: "my secret kettle" })).body).toEqual({ probe: "internal", message: "the server has failed; its log says more" });
  });
});

test("long work is not cut by the time limits of connections", async () => {
  const { post } = await startApp([probeDialect], { connections: { headersMs: 200, requestMs: 300, checkMs: 50 }, fake: { delayMs: 900 } });
  expect((await post("/probe", { query: "kettle", documents: ["a kettle"] })).status).toBe(200);
});

test("work that takes longer than the deadline is answered as late, and work of a client that has left is dropped", async () => {
  const { post, url, models } = await startApp([probeDialect], { limits: { ...TEST_LIMITS, deadlineMs: 100 }, fake: { delayMs: 5000 } });
  const late = await post("/probe", { query: "kettle", documents: ["a kettle"] });
  expect(late).toMatchObject({ status: 504, body: { probe: "deadline" } });
  expect(late.headers.get("retry-after")).toBe("5");
  const leaving = await startApp([probeDialect], { fake: { delayMs: 60_000 } });
  const socket = openSocket(leaving.url);
  socket.write(requestText("POST", "/probe", { Host: "localhost", "Content-Type": "application/json" }, GOOD));
  await expect.poll(() => leaving.models.scored).toHaveLength(1);
  socket.destroy();
  await expect.poll(() => leaving.models.scored[0]?.signal.aborted).toBe(true);
  expect([url, models.scored.length]).toEqual([url, 1]);
});
