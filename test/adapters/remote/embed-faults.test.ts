import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { type RemoteFailure, UserError } from "../../../src/domain/errors.ts";
import type { EmbedDialectName } from "../../../src/domain/remote-model.ts";
import { type Answer, type EmbedServer, KEY, openaiAnswer, packed, startEmbedServer, testEmbedder, testEndpoint, testSpec, testTransport, TEST_BOUNDS } from "./embed-server.ts";
import { createRemoteEmbedder } from "../../../src/adapters/remote/embed-remote.ts";

const SECRET_TEXT = "the merger is on Friday";

async function failureOf(work: Promise<unknown>): Promise<RemoteFailure> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as RemoteFailure;
}

/** Asks for two vectors; says nothing of key or text whatever comes back. */
async function embedAgainst(answer: (number: number) => Answer, dialect: EmbedDialectName = "openai"): Promise<{ failure: RemoteFailure; server: EmbedServer }> {
  const server = await startEmbedServer((_, number) => answer(number));
  const failure = await failureOf(testEmbedder(dialect, `${server.url}?access_token=${KEY}`).embedPassages([SECRET_TEXT, "0"]));
  const said = `${failure.message} ${failure.hint} ${failure.stack}`;
  expect(said).not.toContain(KEY);
  expect(said).not.toContain(SECRET_TEXT);
  expect(failure.message).toContain("127.0.0.1:");
  return { failure, server };
}

const good = (): ReturnType<typeof openaiAnswer> => openaiAnswer({ body: { input: ["1", "2"] } });
function changed(change: (answer: ReturnType<typeof openaiAnswer>) => void): object {
  const answer = good();
  change(answer);
  return answer;
}

function send(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (response: ServerResponse) => response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}

describe("an answer that is none", () => {
  test.each<[string, EmbedDialectName, Answer, string]>([
    ["too few vectors", "openai", changed(({ data }) => data.pop()), "1 vectors for 2 texts"],
    ["too many vectors", "openai", changed(({ data }) => data.push({ index: 2, embedding: [1, 2] })), "3 vectors for 2 texts"],
    ["a position twice", "openai", changed(({ data }) => (data[1].index = 0)), "index 0 is there twice"],
    ["a position out of range", "openai", changed(({ data }) => (data[1].index = 2)), "0 to 1"],
    ["a negative position", "openai", changed(({ data }) => (data[1].index = -1)), "0 to 1"],
    ["half a position", "openai", changed(({ data }) => (data[1].index = 0.5)), "0 to 1"],
    ["a position as a string", "openai", changed(({ data }) => (data[1].index = "1")), "0 to 1"],
    ["no positions", "openai", changed(({ data }) => delete data[1].index), "0 to 1"],
    ["vectors of another length", "openai", changed(({ data }) => (data[1].embedding = [1, 2, 3])), "has 3 numbers, not 2"],
    ["vectors that all have another length than the index's", "openai", changed(({ data }) => data.forEach((entry) => (entry.embedding = [1, 2, 3]))), "has 3 numbers, not 2"],
    ["numbers as strings", "openai", changed(({ data }) => (data[1].embedding = ["1", "2"])), "no number"],
    ["null for a number", "openai", changed(({ data }) => (data[1].embedding = [1, null])), "no number"],
    ["null for a vector", "openai", changed(({ data }) => (data[1].embedding = null)), "no list"],
    ["null for an entry", "openai", changed(({ data }) => (data[1] = null)), "0 to 1"],
    ["zeros", "openai", changed(({ data }) => (data[1].embedding = [0, 0])), "all zeros"],
    ["NaN, packed", "openai", changed(({ data }) => (data[1].embedding = packed([1, Number.NaN]))), "not finite"],
    ["base64 of odd length", "openai", changed(({ data }) => (data[1].embedding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).toString("base64"))), "base64"],
    ["a list in the place of an object", "openai", [[1, 2], [3, 4]], "no list of vectors"],
    ["an error with status 200", "openai", { error: { message: SECRET_TEXT } }, "no list of vectors"],
    ["null", "openai", send(200, "null"), "no list of vectors"],
    ["NaN, bare", "openai", send(200, '{"data": [{"index": 0, "embedding": [NaN, 1]}]}'), ""],
    ["too few vectors", "tei", [[1, 2]], "1 vectors for 2 texts"],
    ["an object in the place of a list", "tei", { embeddings: [[1, 2], [3, 4]] }, "no list of vectors"],
    ["vectors of token vectors", "tei", [[[1, 2]], [[3, 4]]], "has 1 numbers, not 2|no number"],
    ["a position twice", "dashscope", { output: { embeddings: [{ text_index: 0, embedding: [1, 2] }, { text_index: 0, embedding: [1, 2] }] } }, "text_index 0 is there twice"],
    ["an error with status 200", "dashscope", { code: "InvalidParameter", message: SECRET_TEXT }, "no list of vectors"],
    ["too few vectors", "cohere", { embeddings: { float: [[1, 2]] } }, "1 vectors for 2 texts"],
    ["vectors of the first version", "cohere", { embeddings: [[1, 2], [3, 4]] }, "no list of vectors"],
    ["a page", "openai", send(200, "<!doctype html><title>Login</title>", { "content-type": "text/html" }), "web page"],
    ["nothing", "openai", send(200, ""), ""],
  ])("%s, of %s, is a bad answer that says so, and is not asked for again", async (_, dialect, answer, reason) => {
    const { failure, server } = await embedAgainst(() => answer, dialect);
    expect(failure).toMatchObject({ name: "RemoteFailure", kind: "bad-answer" });
    expect(failure.message).toMatch(new RegExp(reason));
    expect(failure.hint).toBeTruthy();
    expect(server.seen).toHaveLength(1);
  });
});

describe("a server that fails", () => {
  test.each([
    [401, "unauthorized"],
    [403, "unauthorized"],
    [400, "refused"],
    [404, "refused"],
    [413, "refused"],
    [422, "refused"],
    [429, "rate-limited"],
    [500, "server-failed"],
    [503, "server-failed"],
  ] as const)("with status %d: %s", async (status, kind) => {
    const { failure } = await embedAgainst(() => send(status, JSON.stringify({ error: { message: `${SECRET_TEXT} ${KEY}`, type: "x" } })));
    expect(failure).toMatchObject({ name: "RemoteFailure", kind });
  });

  test("for want of a key names the variables of this server's key, and the file's flag", async () => {
    const { failure } = await embedAgainst(() => send(401, "{}"));
    expect(failure.hint).toBe("set RERANK_EMBED_KEY, or name a file with --embed-key-file");
    const { failure: cohere } = await embedAgainst(() => send(401, "{}"), "cohere");
    expect(cohere.hint).toBe("set RERANK_EMBED_KEY, or name a file with --embed-key-file");
  });

  test("by breaking off in the middle of its answer is unreachable", async () => {
    const { failure } = await embedAgainst(() => (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"data": [', () => response.destroy());
    });
    expect(failure.kind).toBe("unreachable");
  });

  test("for once, with or without Retry-After, is asked again", async () => {
    for (const headers of [{}, { "retry-after": "1" }]) {
      const server = await startEmbedServer((request, number) => (number === 1 ? send(429, "{}", headers) : openaiAnswer(request)));
      const embeddings = await testEmbedder("openai", server.url, { bounds: { retries: 2 } }).embedPassages(["1", "2"]);
      expect(embeddings).toHaveLength(2);
      expect(server.seen).toHaveLength(2);
    }
  });

  test("again and again is given up after the retries, with nothing counted as cost", async () => {
    const server = await startEmbedServer(() => send(503, "{}"));
    const costs: unknown[] = [];
    const failure = await failureOf(testEmbedder("openai", server.url, { bounds: { retries: 2 }, onCost: (cost) => costs.push(cost) }).embedPassages(["1"]));
    expect(failure.kind).toBe("server-failed");
    expect(server.seen).toHaveLength(3);
    expect(costs).toEqual([]);
  });

  test("by being silent is given up after the time for a request", async () => {
    const server = await startEmbedServer(() => () => {});
    const failure = await failureOf(testEmbedder("openai", server.url, { bounds: { timeoutMs: 50 } }).embedQuery("kettle"));
    expect(failure.kind).toBe("timeout");
  });

  test("by being slow is given up when the time for all requests of a call is over", async () => {
    const server = await startEmbedServer((request) => (response) => {
      setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(openaiAnswer(request))), 80);
    });
    const embedder = testEmbedder("openai", server.url, { limits: { maxDocuments: 1 }, bounds: { concurrency: 1, deadlineMs: 200 } });
    expect((await failureOf(embedder.embedPassages(["1", "2", "3", "4", "5", "6"]))).kind).toBe("deadline");
    expect(server.seen.length).toBeLessThan(5);
    // The next call has a time of its own.
    expect(await embedder.embedPassages(["1"])).toHaveLength(1);
  });

  test("to be there at all is unreachable", async () => {
    const failure = await failureOf(testEmbedder("openai", "http://127.0.0.1:1").embedQuery("kettle"));
    expect(failure).toMatchObject({ kind: "unreachable" });
    const nowhere = await failureOf(testEmbedder("openai", "http://no-such-host.invalid", { endpoint: { allowPlainHttp: true } }).embedQuery("kettle"));
    expect(nowhere).toMatchObject({ kind: "unreachable" });
  });
});

test("plain http to the open network is refused before a text is sent, unless it is allowed", () => {
  const create = (allowPlainHttp: boolean): unknown => {
    const endpoint = testEndpoint("openai", "http://embed.example.org", { allowPlainHttp });
    return createRemoteEmbedder({ endpoint, spec: testSpec(endpoint), transport: testTransport(), bounds: TEST_BOUNDS });
  };
  expect(() => create(false)).toThrow(UserError);
  expect(() => create(false)).toThrow("without TLS");
  expect(() => create(true)).not.toThrow();
});

test("an address that is none is the user's error", () => {
  const endpoint = testEndpoint("openai", "gpu:8000");
  expect(() => createRemoteEmbedder({ endpoint, spec: testSpec(endpoint), transport: testTransport(), bounds: TEST_BOUNDS })).toThrow(UserError);
});
