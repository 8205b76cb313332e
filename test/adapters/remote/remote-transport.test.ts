import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { createRemoteTransport, type RemoteTransport, type RemoteTransportOptions } from "../../../src/adapters/remote/remote-transport.ts";
import { RemoteFailure, UserError } from "../../../src/domain/errors.ts";
import type { RemoteBounds } from "../../../src/ports/remote-provider.ts";
import { sendJson, startScriptedRemote, type RemoteScript, type ScriptedRemote } from "../../support/scripted-remote.ts";

const KEY = "sk-very-secret-0123456789";
const TEXT = "the patient has an allergy to penicillin";
const BOUNDS: RemoteBounds = { timeoutMs: 10_000, deadlineMs: undefined, retries: 0, concurrency: 4, requestsPerMinute: undefined };
const NO_PROXIES = { http: undefined, https: undefined, noProxy: [] };

function openTransport(bounds: Partial<RemoteBounds> = {}, options: Partial<RemoteTransportOptions> = {}): RemoteTransport {
  const transport = createRemoteTransport({ bounds: { ...BOUNDS, ...bounds }, proxies: NO_PROXIES, ...options });
  onTestFinished(() => transport.close());
  return transport;
}

const request = (url: string) => ({ url, headers: { authorization: `Bearer ${KEY}` }, body: { query: TEXT }, keyHint: "set A_KEY" });

/** The failure of a request, whose message and hint hold neither key, text nor query string. */
async function failureOf(work: Promise<unknown>): Promise<RemoteFailure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RemoteFailure);
  const failure = error as RemoteFailure;
  for (let at: unknown = failure; at instanceof Error; at = at.cause) {
    const shown = `${at.message} ${String((at as RemoteFailure).hint)} ${at.stack}`;
    expect(shown).not.toContain(KEY);
    expect(shown).not.toContain("penicillin");
    expect(shown).not.toContain("version=");
  }
  return failure;
}

async function failureWith(script: RemoteScript, bounds: Partial<RemoteBounds> = {}, options: Partial<RemoteTransportOptions> = {}): Promise<{ failure: RemoteFailure; remote: ScriptedRemote }> {
  const remote = await startScriptedRemote(script);
  return { failure: await failureOf(openTransport(bounds, options).post(request(`${remote.url}/v1/rerank?version=7`))), remote };
}

/** A clock that moves only while somebody sleeps. */
function fakeTime() {
  const slept: number[] = [];
  let nowMs = 1_000_000;
  return {
    slept,
    pass: (ms: number) => (nowMs += ms),
    options: {
      now: () => nowMs,
      random: () => 0,
      sleep: async (ms: number) => {
        slept.push(ms);
        nowMs += ms;
      },
    },
  };
}

const okay: RemoteScript = (response) => sendJson(response, { fine: true });

describe("a request to a remote model", () => {
  test("carries key and body to the address, and brings the answer back", async () => {
    const remote = await startScriptedRemote((response) => sendJson(response, { results: [1] }, 201, { "x-request-id": "r7" }));
    const answer = await openTransport().post(request(`${remote.url}/v2/rerank?version=7`));
    expect(answer).toMatchObject({ status: 201, json: { results: [1] } });
    expect(answer.headers.get("x-request-id")).toBe("r7");
    expect(remote.calls[0]).toMatchObject({ path: "/v2/rerank?version=7", headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" }, body: { query: TEXT } });
  });

  test.each([
    [401, "unauthorized"],
    [403, "unauthorized"],
    [400, "refused"],
    [404, "refused"],
    [408, "refused"],
    [413, "refused"],
    [422, "refused"],
    [429, "rate-limited"],
    [500, "server-failed"],
    [503, "server-failed"],
  ] as const)("that is answered with %i fails as %s", async (status, kind) => {
    const { failure, remote } = await failureWith((response, { body }) => sendJson(response, { message: `${KEY} may not ask ${body.query}` }, status));
    expect(failure.kind).toBe(kind);
    expect(failure.message).toContain(`${remote.url.slice(7)}/v1/rerank`);
    expect(failure.message).toContain(String(status));
    expect(failure.hint).toBeTruthy();
    if (kind === "unauthorized") expect(failure.hint).toBe("set A_KEY");
  });

  test.each([400, 401, 403, 404, 422])("is not repeated after %i", async (status) => {
    const { remote } = await failureWith((response) => sendJson(response, {}, status), { retries: 3 }, fakeTime().options);
    expect(remote.calls).toHaveLength(1);
  });

  test("tells the server's own word for an error, unless it could be a key or a text", async () => {
    const told = await failureWith((response) => sendJson(response, { error: { code: "ModelNotFound", message: "no such model" } }, 404));
    expect(told.failure.message).toContain("404 ModelNotFound");
    const leaked = await failureWith((response) => sendJson(response, { code: KEY, type: "penicillin" }, 400));
    expect(leaked.failure.kind).toBe("refused");
  });

  test.each([
    ["an HTML page", "<!doctype html><title>Sign in</title>", "text/html"],
    ["an HTML page that says it is JSON", "\n<html></html>", "application/json"],
    ["NaN, which is no JSON", '{"results":[{"index":0,"relevance_score":NaN}]}', "application/json"],
    ["nothing", "", "application/json"],
  ])("that is answered with %s fails as bad-answer", async (_name, body, type) => {
    const { failure, remote } = await failureWith((response) => response.writeHead(200, { "content-type": type }).end(body), { retries: 3 });
    expect(failure.kind).toBe("bad-answer");
    expect(remote.calls).toHaveLength(1);
  });

  test("keeps its status where the error is a web page", async () => {
    const { failure } = await failureWith((response) => response.writeHead(502, { "content-type": "text/html" }).end("<html>Bad Gateway</html>"));
    expect(failure.kind).toBe("server-failed");
  });

  test("reads no more of an answer than its bound", async () => {
    let sent = 0;
    const { failure } = await failureWith(
      (response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const more = (): void => {
          while (!response.destroyed && response.write(" ".repeat(65_536))) sent += 65_536;
        };
        response.on("drain", more);
        more();
      },
      {},
      { maxAnswerBytes: 1_000_000 },
    );
    expect(failure.kind).toBe("bad-answer");
    expect(failure.message).toContain("more than 1 MB");
    expect(sent).toBeLessThan(100_000_000);
  });

  test("that is cut in the middle is repeated, and fails as unreachable", async () => {
    const { failure, remote } = await failureWith(
      (response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
        response.write('{"results":[', () => response.destroy());
      },
      { retries: 1 },
      fakeTime().options,
    );
    expect(failure.kind).toBe("unreachable");
    expect(failure.message).toContain("middle");
    expect(remote.calls).toHaveLength(2);
  });

  test.each([
    ["before the head", (() => undefined) as RemoteScript],
    ["in the middle of the body", ((response) => response.writeHead(200).write("{")) as RemoteScript],
  ])("that stops %s ends with the timeout, and is not repeated", async (_name, script) => {
    const { failure, remote } = await failureWith(script, { timeoutMs: 100, retries: 3 });
    expect(failure.kind).toBe("timeout");
    expect(failure.hint).toContain("--remote-timeout");
    expect(remote.calls).toHaveLength(1);
  });

  test("to a name that does not exist fails as unreachable", async () => {
    const failure = await failureOf(openTransport().post(request("https://no-such-host.invalid/v1/rerank?version=7")));
    expect(failure.kind).toBe("unreachable");
    expect(failure.message).toMatch(/no-such-host\.invalid\/v1\/rerank cannot be found.*(ENOTFOUND|EAI_AGAIN)/);
  });

  test("to a port where nobody listens fails as unreachable", async () => {
    const closed = createTcpServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const failure = await failureOf(openTransport().post(request(`http://127.0.0.1:${port}/v1/rerank`)));
    expect(failure.kind).toBe("unreachable");
    expect(failure.message).toContain("ECONNREFUSED");
  });

  test("with TLS to a server without fails as unreachable, without another try", async () => {
    const remote = await startScriptedRemote(okay);
    const time = fakeTime();
    const failure = await failureOf(openTransport({ retries: 3 }, time.options).post(request(remote.url.replace("http:", "https:"))));
    expect(failure.kind).toBe("unreachable");
    expect(failure.message).toContain("TLS");
    expect(time.slept).toEqual([]);
  });

  test("does not follow a redirect with its key to another origin", async () => {
    const other = await startScriptedRemote(okay);
    const { failure } = await failureWith((response) => response.writeHead(307, { location: `${other.url}/steal?version=${KEY}` }).end());
    expect(failure.kind).toBe("refused");
    expect(failure.message).toContain(other.url.slice(7));
    expect(other.calls).toEqual([]);
  });

  test("follows a redirect within its origin, with its body, and not for ever", async () => {
    const remote = await startScriptedRemote((response, { path }) => (path === "/new" ? sendJson(response, { fine: true }) : response.writeHead(308, { location: "/new" }).end()));
    expect((await openTransport().post(request(`${remote.url}/old`))).json).toEqual({ fine: true });
    expect(remote.calls[1]?.body).toEqual({ query: TEXT });
    const { failure } = await failureWith((response) => response.writeHead(307, { location: "/again" }).end());
    expect(failure.kind).toBe("refused");
  });

  test("with a key that no header can carry fails before anything is sent", async () => {
    const remote = await startScriptedRemote(okay);
    const failure = await failureOf(openTransport().post({ ...request(remote.url), headers: { authorization: `Bearer ${KEY}\nX: y` } }));
    expect(failure.kind).toBe("unauthorized");
    expect(remote.calls).toEqual([]);
  });
});

describe("another try", () => {
  test("comes after 429, 5xx and broken connections, and waits longer each time", async () => {
    const time = fakeTime();
    const remote = await startScriptedRemote((response, _call, number) => {
      if (number === 0) return sendJson(response, {}, 429);
      if (number === 1) return sendJson(response, {}, 503);
      if (number === 2) return response.destroy();
      return sendJson(response, { fine: true });
    });
    expect((await openTransport({ retries: 3 }, time.options).post(request(remote.url))).json).toEqual({ fine: true });
    expect(time.slept).toEqual([250, 500, 1000]);
  });

  test("has an end, and tells the last failure", async () => {
    const { failure, remote } = await failureWith((response, _call, number) => sendJson(response, {}, 500 + number), { retries: 2 }, fakeTime().options);
    expect(remote.calls).toHaveLength(3);
    expect(failure.message).toContain("502");
  });

  test("waits as Retry-After says, in seconds or as a date", async () => {
    const time = fakeTime();
    const remote = await startScriptedRemote((response, _call, number) => {
      if (number === 0) return sendJson(response, {}, 429, { "retry-after": "7" });
      if (number === 1) return sendJson(response, {}, 429, { "retry-after": new Date(time.options.now() + 12_000).toUTCString() });
      return sendJson(response, { fine: true });
    });
    await openTransport({ retries: 3 }, time.options).post(request(remote.url));
    expect(time.slept[0]).toBe(7000);
    // Dates have whole seconds.
    expect(time.slept[1]).toBeGreaterThan(10_999);
    expect(time.slept[1]).toBeLessThan(12_001);
  });

  test("does not come where Retry-After is too long", async () => {
    const time = fakeTime();
    const { failure, remote } = await failureWith((response) => sendJson(response, {}, 429, { "retry-after": "3600" }), { retries: 3 }, time.options);
    expect(failure.kind).toBe("rate-limited");
    expect(failure.message).toContain("3600 s");
    expect(remote.calls).toHaveLength(1);
    expect(time.slept).toEqual([]);
  });

  test("does not come where its wait would end after the deadline", async () => {
    const time = fakeTime();
    const { failure, remote } = await failureWith((response) => sendJson(response, {}, 429, { "retry-after": "30" }), { retries: 3, deadlineMs: 20_000 }, time.options);
    expect(failure.kind).toBe("deadline");
    expect(failure.message).toContain("429");
    expect(remote.calls).toHaveLength(1);
  });
});

describe("the bounds of a transport", () => {
  test("end a call at its deadline, whatever it waits for", async () => {
    const { failure } = await failureWith(() => undefined, { deadlineMs: 100 });
    expect(failure.kind).toBe("deadline");
    expect(failure.hint).toContain("--remote-deadline");
  });

  test("give all requests of a call one deadline", async () => {
    const remote = await startScriptedRemote(okay);
    const transport = openTransport({ deadlineMs: 5000 }, { now: () => 1000 });
    expect(transport.deadlineAt()).toBe(6000);
    expect((await failureOf(transport.post({ ...request(remote.url), deadlineAt: 1000 }))).kind).toBe("deadline");
    expect(remote.calls).toEqual([]);
  });

  test("let no more requests be under way than allowed, and serve them in order", async () => {
    const remote = await startScriptedRemote((response, { body }) => setTimeout(() => sendJson(response, body), 10));
    const transport = openTransport({ concurrency: 2 });
    const answers = await Promise.all([0, 1, 2, 3, 4, 5, 6].map((number) => transport.post({ ...request(remote.url), body: { number } })));
    expect(answers.map(({ json }) => (json as { number: number }).number)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(remote.mostAtATime()).toBe(2);
    expect(remote.calls.map(({ body }) => body.number).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("let no more requests start in a minute than allowed, repetitions included", async () => {
    const time = fakeTime();
    const remote = await startScriptedRemote((response, _call, number) => sendJson(response, {}, number === 0 ? 500 : 200));
    const transport = openTransport({ requestsPerMinute: 2, retries: 1, concurrency: 1 }, time.options);
    await transport.post(request(remote.url));
    await transport.post(request(remote.url));
    await transport.post(request(remote.url));
    // The repetition's own wait comes off the minute.
    expect(time.slept).toEqual([250, 59_750, 250]);
  });

  test("free the place of a request that is aborted while it waits", async () => {
    const remote = await startScriptedRemote((response) => setTimeout(() => sendJson(response, {}), 300));
    const transport = openTransport({ concurrency: 1 });
    const first = transport.post(request(remote.url));
    const stop = new AbortController();
    const second = transport.post({ ...request(remote.url), signal: stop.signal });
    const third = transport.post(request(remote.url));
    await expect.poll(() => remote.calls.length).toBe(1);
    stop.abort(new Error("gone"));
    await expect(second).rejects.toThrow("gone");
    await Promise.all([first, third]);
    expect(remote.calls).toHaveLength(2);
  });
});

describe("an abort", () => {
  test.each([
    ["an answer", {}, (() => undefined) as RemoteScript],
    ["another try", { retries: 5 }, ((response) => sendJson(response, {}, 429, { "retry-after": "50" })) as RemoteScript],
  ])("ends the wait for %s at once, with its own reason", async (_name, bounds, script) => {
    const remote = await startScriptedRemote(script);
    const stop = new AbortController();
    const work = openTransport(bounds).post({ ...request(remote.url), signal: stop.signal });
    const reason = new Error("somebody pressed a key");
    setTimeout(() => stop.abort(reason), 50);
    await expect(work).rejects.toBe(reason);
  });

  test("closes the connection of a request that is under way", async () => {
    let isClosed = false;
    const remote = await startScriptedRemote((response) => response.on("close", () => (isClosed = true)));
    const stop = new AbortController();
    const work = openTransport().post({ ...request(remote.url), signal: stop.signal });
    setTimeout(() => stop.abort(new Error("gone")), 50);
    await expect(work).rejects.toThrow("gone");
    await expect.poll(() => isClosed).toBe(true);
  });

  test("that came before sends nothing", async () => {
    const remote = await startScriptedRemote(okay);
    const reason = new Error("too late");
    await expect(openTransport().post({ ...request(remote.url), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(remote.calls).toEqual([]);
  });
});

describe("a server that keeps failing", () => {
  async function failFiveTimes(bounds: Partial<RemoteBounds> = {}) {
    let status = 500;
    const time = fakeTime();
    const remote = await startScriptedRemote((response) => sendJson(response, {}, status));
    const transport = openTransport(bounds, time.options);
    for (let time_ = 0; time_ < 5; time_++) expect((await failureOf(transport.post(request(remote.url)))).kind).toBe("server-failed");
    return { time, remote, transport, answerWith: (next: number) => (status = next), post: () => transport.post(request(remote.url)) };
  }

  test("is left alone after five failures in a row, and tried once after 30 seconds", async () => {
    const { time, remote, answerWith, post } = await failFiveTimes();
    const refusal = await failureOf(post());
    expect(refusal).toMatchObject({ kind: "circuit-open" });
    expect(refusal.message).toContain("30 s");
    expect(remote.calls).toHaveLength(5);
    time.pass(30_000);
    const [trial, other] = await Promise.all([failureOf(post()), failureOf(post())]);
    expect([trial.kind, other.kind]).toEqual(["server-failed", "circuit-open"]);
    expect(remote.calls).toHaveLength(6);
    time.pass(29_999);
    expect((await failureOf(post())).kind).toBe("circuit-open");
    time.pass(1);
    answerWith(200);
    await post();
    await Promise.all([post(), post(), post()]);
    expect(remote.calls).toHaveLength(10);
  });

  test("counts a call with its repetitions as one", async () => {
    const { remote } = await failFiveTimes({ retries: 1 });
    expect(remote.calls).toHaveLength(10);
  });

  test("is not left alone for answers that are the client's fault, nor where others succeed between", async () => {
    const time = fakeTime();
    const remote = await startScriptedRemote((response, _call, number) => sendJson(response, {}, number % 5 === 4 ? 200 : 500));
    const refusing = await startScriptedRemote((response) => sendJson(response, {}, 401));
    const [mixed, refused] = [openTransport({}, time.options), openTransport({}, time.options)];
    for (let number = 0; number < 20; number++) {
      await mixed.post(request(remote.url)).catch(() => {});
      expect((await failureOf(refused.post(request(refusing.url)))).kind).toBe("unauthorized");
    }
    expect(remote.calls).toHaveLength(20);
  });

  test("lets another trial through when the first was given up", async () => {
    const { time, remote, answerWith, transport, post } = await failFiveTimes();
    time.pass(30_000);
    const stop = new AbortController();
    const trial = transport.post({ ...request(remote.url), signal: stop.signal });
    stop.abort(new Error("gone"));
    await expect(trial).rejects.toThrow("gone");
    answerWith(200);
    await post();
  });
});

describe("a proxy", () => {
  async function startProxy() {
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (incoming, socket) => {
      asked.push(incoming.url ?? "");
      // Whatever name is asked for is the test's own server.
      const target = connect(Number(incoming.url?.split(":")[1]), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        target.pipe(socket).pipe(target);
      });
      for (const end of [target, socket]) end.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    return { asked, url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  }

  test("is asked for other machines, and not for this one nor for hosts that are excepted", async () => {
    const remote = await startScriptedRemote(okay);
    const proxy = await startProxy();
    const { port } = new URL(remote.url);
    const transport = openTransport({}, { proxies: { http: proxy.url, https: undefined, noProxy: ["direct.invalid"] } });
    expect((await transport.post(request(`http://models.invalid:${port}/rerank`))).json).toEqual({ fine: true });
    expect(proxy.asked).toEqual([`models.invalid:${port}`]);
    await transport.post(request(remote.url));
    expect((await failureOf(transport.post(request(`http://direct.invalid:${port}/rerank`)))).message).toContain("cannot be found");
    expect(proxy.asked).toHaveLength(1);
  });

  test("whose address is none is a user's mistake, and its password stays out of the message", async () => {
    const transport = createRemoteTransport({ bounds: BOUNDS, proxies: { http: "ftp://me:hidden@proxy", https: undefined, noProxy: [] } });
    const error = await transport.post(request("http://models.invalid/rerank")).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).not.toContain("hidden");
  });
});
