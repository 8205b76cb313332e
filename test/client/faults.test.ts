import { describe, expect, test } from "vitest";
import { RerankClient, RerankError, type RerankClientOptions } from "../../src/client/rerank-client.ts";
import { json, RANKING, startScript, type Answer, type ScriptedServer } from "./scripted-server.ts";

const KEY = "precious-precious-key";
const DOCUMENTS = ["a", "b"];

function clientOf({ url }: Pick<ScriptedServer, "url">, options: RerankClientOptions = {}): RerankClient {
  return new RerankClient({ baseUrl: url, apiKey: KEY, ...options });
}

/** The RerankError of a rerank of two documents, which never holds the key. */
async function failure(server: Pick<ScriptedServer, "url">, options: RerankClientOptions = {}): Promise<RerankError> {
  const error: unknown = await clientOf(server, options).rerank("q", DOCUMENTS).then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(RerankError);
  const { message, stack, cause } = error as RerankError;
  expect(`${message}${stack}${JSON.stringify(cause)}`).not.toContain(KEY);
  return error as RerankError;
}

const hang: Answer = () => {};
const cutBody: Answer = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "500" });
  response.write('{"results": [');
  setTimeout(() => response.destroy(), 5);
};
const hangUp: Answer = (response) => void response.destroy();

describe("is asked again", () => {
  test.each<[string, Answer]>([
    ["a full queue", json({ message: "full" }, 429)],
    ["a proxy without a server behind it", (response) => response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad Gateway</h1>")],
    ["models that are loading", json({ message: "loading" }, 503)],
    ["a connection that breaks", hangUp],
    ["a body that breaks off", cutBody],
  ])("after %s", async (_name, fault) => {
    const server = await startScript(fault, json(RANKING));
    const answer = await clientOf(server).rerank("q", DOCUMENTS);
    expect(answer.results.map(({ document }) => document)).toEqual(["b", "a"]);
    expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([["/v1/rerank", `Bearer ${KEY}`], ["/v1/rerank", `Bearer ${KEY}`]]);
  });

  test("when the server says so, not before", async () => {
    const server = await startScript(json({}, 429, { "retry-after": "1" }), json(RANKING));
    await clientOf(server).rerank("q", DOCUMENTS);
    const [first, second] = server.requests;
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(990);
  });

  test("as often as it may be", async () => {
    const server = await startScript(json({ error: { message: "the queue is full" } }, 429));
    const error = await failure(server, { maxRetries: 1 });
    expect(error).toMatchObject({ code: "overloaded", status: 429, message: "the queue is full" });
    expect(server.requests).toHaveLength(2);
  });

  test("after an attempt that hangs", async () => {
    const server = await startScript(hang, json(RANKING));
    expect((await clientOf(server, { attemptTimeoutMs: 100 }).rerank("q", DOCUMENTS)).results).toHaveLength(2);
  });
});

describe("is asked once", () => {
  test.each<[number, RerankError["code"]]>([
    [400, "invalid"], [401, "unauthorized"], [403, "forbidden"], [404, "not-found"], [413, "invalid"], [422, "invalid"], [500, "failed"], [504, "deadline"], [418, "failed"],
  ])("with an answer of %i", async (status, code) => {
    const server = await startScript(json({ error: "in TEI's words", error_type: "x" }, status, { "x-request-id": "req-7" }));
    expect(await failure(server)).toMatchObject({ code, status, message: "in TEI's words", requestId: "req-7", retryAfterSeconds: undefined });
    expect(server.requests).toHaveLength(1);
  });

  test("when it should be left alone for longer than a minute, and says for how long", async () => {
    const server = await startScript(json({}, 503, { "retry-after": "3600" }));
    expect(await failure(server)).toMatchObject({ code: "unavailable", retryAfterSeconds: 3600, message: "the server answered with status 503" });
    expect(server.requests).toHaveLength(1);
  });

  test("when the next attempt would come too late", async () => {
    const server = await startScript(json({}, 429, { "retry-after": "5" }));
    expect(await failure(server, { timeoutMs: 1000 })).toMatchObject({ code: "overloaded", retryAfterSeconds: 5 });
    expect(server.requests).toHaveLength(1);
  });

  test("when retries are off", async () => {
    const server = await startScript(hangUp);
    expect(await failure(server, { maxRetries: 0 })).toMatchObject({ code: "connection", status: undefined, message: expect.stringContaining(server.url) });
    expect(server.requests).toHaveLength(1);
  });

  test("by health, for which a server that is not ready is an answer", async () => {
    const server = await startScript(json({ status: "loading" }, 503), json({ status: "ok" }));
    expect(await clientOf(server).health()).toEqual({ isReady: false, status: "loading" });
    expect(await clientOf(server).health()).toEqual({ isReady: true, status: "ok" });
  });

  test("by health, also where nobody answers", async () => {
    const server = await startScript(hangUp);
    await expect(clientOf(server).health()).rejects.toMatchObject({ code: "connection" });
    expect(server.requests).toHaveLength(1);
  });

  test("where it points elsewhere: the key stays here", async () => {
    const elsewhere = await startScript(json(RANKING));
    const server = await startScript((response) => response.writeHead(307, { location: `${elsewhere.url}/v1/rerank` }).end());
    expect((await failure(server, { maxRetries: 0 })).code).toBe("connection");
    expect(elsewhere.requests).toEqual([]);
  });
});

describe("time and leaving", () => {
  test("a call ends when its time is over, wherever it is", async () => {
    const hanging = await startScript(hang);
    expect(await failure(hanging, { timeoutMs: 100 })).toMatchObject({ code: "timeout", message: "no answer within 0.1 s" });
    const endless = await startScript((response) => void response.writeHead(200, { "content-type": "application/json" }).write("{"));
    expect((await failure(endless, { timeoutMs: 100 })).code).toBe("timeout");
    // A fetch that does not listen to its signal.
    expect((await failure(hanging, { timeoutMs: 100, fetch: () => new Promise(() => {}) })).code).toBe("timeout");
  });

  test("leaving while waiting for the next attempt ends the call at once", async () => {
    const server = await startScript(json({}, 429, { "retry-after": "30" }));
    const abort = new AbortController();
    const call = clientOf(server).rerank("q", DOCUMENTS, { signal: abort.signal });
    await expect.poll(() => server.requests.length).toBe(1);
    setTimeout(() => abort.abort("enough"), 30);
    await expect(call).rejects.toBe("enough");
    expect(server.requests).toHaveLength(1);
  });

  test("a server that is not there is named", async () => {
    expect(await failure({ url: "http://127.0.0.1:1" }, { maxRetries: 0 })).toMatchObject({ code: "connection", message: expect.stringMatching(/^no answer from http:\/\/127\.0\.0\.1:1: \S/) });
  });

  test("the address's own path is kept, and headers are sent", async () => {
    const server = await startScript(json(RANKING));
    await clientOf({ url: `${server.url}/behind/proxy?x=1#y` }, { headers: { "x-tenant": "7" } }).rerank("q", DOCUMENTS);
    expect(server.requests[0]).toMatchObject({ path: "/behind/proxy/v1/rerank", headers: { "x-tenant": "7", authorization: `Bearer ${KEY}` } });
  });
});

describe("an answer that no order can be built on is refused", () => {
  const ranked = (...results: unknown[]) => ({ ...RANKING, results });
  test.each<[string, unknown]>([
    ["a page", "<html>login</html>"],
    ["no results", { model: "mini" }],
    ["too few results", ranked({ index: 0, relevance_score: 1 })],
    ["an index twice", ranked({ index: 0, relevance_score: 1 }, { index: 0, relevance_score: 0 })],
    ["an index that was not sent", ranked({ index: 0, relevance_score: 1 }, { index: 2, relevance_score: 0 })],
    ["an index that is no number", ranked({ index: "0", relevance_score: 1 }, { index: 1, relevance_score: 0 })],
    ["a relevance that is NaN, as JSON has it", ranked({ index: 0, relevance_score: null }, { index: 1, relevance_score: 0 })],
    ["a relevance that is infinite", '{"model": "m", "results": [{"index": 0, "relevance_score": 1e999}, {"index": 1, "relevance_score": 0}]}'],
    ["no model", { ...RANKING, model: undefined }],
    ["a list", [{ index: 0, score: 1 }]],
  ])("%s", async (_name, body) => {
    const server = await startScript(json(body));
    expect((await failure(server)).code).toBe("bad-answer");
    expect(server.requests).toHaveLength(1);
  });

  const embedded = (...vectors: unknown[]) => ({ model: "m", data: vectors.map((embedding, index) => ({ index, embedding })) });
  test.each<[string, unknown]>([
    ["too few vectors", embedded("AACAPw==")],
    ["vectors of different lengths", embedded("AACAPw==", "AACAPwAAgD8=")],
    ["half a number", embedded("AACAPw==", "AACAPwAA")],
    ["no base64", embedded("AACAPw==", "***")],
    ["NaN", embedded("AACAPw==", "AADAfw==")],
    ["an empty vector", embedded("", "")],
    ["a list with a hole", embedded([1], [null])],
  ])("embeddings: %s", async (_name, body) => {
    const server = await startScript(json(body));
    await expect(clientOf(server).embed(["a", "b"])).rejects.toMatchObject({ code: "bad-answer" });
  });

  test("embeddings that come as lists, and in another order, are taken", async () => {
    const server = await startScript(json({ model: "m", data: [{ index: 1, embedding: [0.5] }, { index: 0, embedding: "AACAPw==" }] }));
    const { embeddings } = await clientOf(server).embed(["a", "b"]);
    expect(embeddings.map(({ vector }) => [...vector])).toEqual([[1], [0.5]]);
  });

  test.each<[string, unknown]>([
    ["too few scores", { model: "m", data: [{ index: 0, score: 1 }] }],
    ["a score twice", { model: "m", data: [{ index: 1, score: 1 }, { index: 1, score: 1 }] }],
    ["a score that is a text", { model: "m", data: [{ index: 0, score: "1" }, { index: 1, score: 1 }] }],
  ])("scores: %s", async (_name, body) => {
    await expect(clientOf(await startScript(json(body))).score("q", DOCUMENTS)).rejects.toMatchObject({ code: "bad-answer" });
  });

  test.each<[string, unknown]>([
    ["another version", { version: 2, results: [] }],
    ["another server's", { results: [] }],
    ["a relevance that is none", { version: 1, results: [{ relevance: "high" }] }],
  ])("a search: %s", async (_name, body) => {
    await expect(clientOf(await startScript(json(body))).search("q")).rejects.toMatchObject({ code: "bad-answer" });
  });
});

describe("a stream of events", () => {
  const stream = (write: (response: Parameters<Answer>[0]) => void): Answer => (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    write(response);
  };
  const RECALLED = 'event: recalled\ndata: {"candidates": [], "query": "q"}\n\n';
  const RESULT = 'event: result\ndata: {"version": 1, "results": []}\n\n';

  async function events(server: ScriptedServer, options: RerankClientOptions = {}): Promise<string[]> {
    const types: string[] = [];
    for await (const { type } of clientOf(server, options).searchEvents("q")) types.push(type);
    return types;
  }

  test("may come in pieces, with comments and events of later versions", async () => {
    const text = `: still working\r\n\r\nevent: later\ndata: {}\n\n${RECALLED}${RESULT}`;
    const server = await startScript(stream((response) => {
      const letters = [...text];
      const next = (): void => void (letters.length === 0 ? response.end() : response.write(letters.splice(0, 7).join(""), () => setImmediate(next)));
      next();
    }));
    expect(await events(server)).toEqual(["recalled", "result"]);
  });

  test("that breaks off before the result rejects, and is not asked again", async () => {
    for (const fault of [(response: Parameters<Answer>[0]) => response.end(RECALLED + RESULT.slice(0, -1)), (response: Parameters<Answer>[0]) => void response.write(RECALLED, () => setTimeout(() => response.destroy(), 5))]) {
      const server = await startScript(stream(fault));
      await expect(events(server)).rejects.toMatchObject({ code: "connection" });
      expect(server.requests).toHaveLength(1);
    }
  });

  test("that ends with an error rejects with it", async () => {
    const server = await startScript(stream((response) => response.end(`${RECALLED}event: error\ndata: {"error": {"message": "a model has failed", "code": 502, "param": null}}\n\n`)));
    await expect(events(server)).rejects.toMatchObject({ code: "failed", status: 502, message: "a model has failed" });
  });

  test("that is none rejects", async () => {
    await expect(events(await startScript(json({ version: 1, results: [] })))).rejects.toMatchObject({ code: "bad-answer" });
    await expect(events(await startScript(stream((response) => response.end("event: result\ndata: {oops\n\n"))))).rejects.toMatchObject({ code: "bad-answer" });
  });

  test("is asked for again as long as there was no answer", async () => {
    const server = await startScript(json({}, 503), stream((response) => response.end(RECALLED + RESULT)));
    expect(await events(server)).toEqual(["recalled", "result"]);
  });

  test("goes on past an attempt's time, and ends with the call's", async () => {
    const server = await startScript(stream((response) => void response.write(RECALLED)));
    await expect(events(server, { timeoutMs: 300, attemptTimeoutMs: 50 })).rejects.toMatchObject({ code: "timeout" });
  });

  test("that nobody follows any more is closed", async () => {
    let isClosed = false;
    const server = await startScript(stream((response) => {
      response.write(RECALLED);
      response.once("close", () => (isClosed = true));
    }));
    for await (const { type } of clientOf(server).searchEvents("q")) if (type === "recalled") break;
    await expect.poll(() => isClosed).toBe(true);
  });
});
