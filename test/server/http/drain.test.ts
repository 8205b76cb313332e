import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { Dialect } from "../../../src/server/dialect.ts";
import { startApp } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";
import { openSocket, parseAnswer, requestText } from "./raw-http.ts";

const BODY = JSON.stringify({ query: "kettle", documents: ["a kettle"] });
const KEPT = { Host: "localhost", "Content-Type": "application/json", Connection: "keep-alive" };

test("while it drains, a server finishes what it has begun and turns away the rest, in the dialect's shape", async () => {
  const { url, app, models } = await startApp([probeDialect], { fake: { delayMs: 400 } });
  const running = openSocket(url);
  running.write(requestText("POST", "/probe", KEPT, BODY));
  await expect.poll(() => models.scored).toHaveLength(1);
  app.beginDrain();

  const late = await fetch(`${url}/probe`, { method: "POST", body: BODY, headers: { "content-type": "application/json" } });
  expect({ status: late.status, retryAfter: late.headers.get("retry-after"), body: await late.json() }).toEqual({
    status: 503,
    retryAfter: "1",
    body: { probe: "unavailable", message: "the server is stopping" },
  });
  const unknown = await fetch(`${url}/nowhere`);
  expect([unknown.status, ((await unknown.json()) as { error: { type: string } }).error.type]).toEqual([503, "ServiceUnavailableError"]);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, ((await ready.json()) as { status: string }).status]).toEqual([503, "draining"]);

  const { status, headers, body } = parseAnswer(await text(running));
  expect({ status, connection: headers["connection"], body }).toEqual({ status: 200, connection: "close", body: { logits: [0] } });
});

test("closing waits for what runs, answers 503 on connections that are open, and then ends them all", async () => {
  const { url, app, models } = await startApp([probeDialect], { fake: { delayMs: 400 } });
  const running = openSocket(url);
  running.write(requestText("POST", "/probe", KEPT, BODY));
  // Both requests travel on one connection: the second one is read when the first is answered.
  await expect.poll(() => models.scored).toHaveLength(1);
  const idle = openSocket(url);
  idle.write(requestText("GET", "/livez", KEPT));
  await new Promise((resolve) => idle.once("data", resolve));
  const slow = openSocket(url);
  slow.write("POST /probe HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closed = app.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  slow.write(`Content-Length: ${BODY.length}\r\n\r\n${BODY}`);
  const turnedAway = parseAnswer(await text(slow));
  expect(turnedAway).toMatchObject({ status: 503, headers: { connection: "close", "retry-after": "1" }, body: { probe: "unavailable" } });
  expect(parseAnswer(await text(running)).status).toBe(200);
  await closed;
  await expect(fetch(`${url}/livez`)).rejects.toThrow();
});

test("closing does not wait for a connection that was promised to be kept by an answer that had begun", async () => {
  let finish: (() => void) | undefined;
  const streaming: Dialect = {
    ...probeDialect,
    register(app) {
      app.get("/stream", async (_request, reply) => {
        const { PassThrough } = await import("node:stream");
        const stream = new PassThrough();
        stream.write("begun ");
        finish = () => void stream.end("done");
        return reply.type("text/plain").send(stream);
      });
    },
  };
  const { url, app } = await startApp([streaming]);
  const socket = openSocket(url);
  socket.write(requestText("GET", "/stream", KEPT));
  let received = "";
  socket.on("data", (chunk) => (received += String(chunk)));
  await expect.poll(() => received).toContain("begun");
  expect(received.toLowerCase()).toContain("connection: keep-alive");
  const closed = app.close();
  // By now connections that were idle are closed: this one becomes idle afterwards.
  await new Promise((resolve) => setTimeout(resolve, 200));
  finish?.();
  // Far less than the time for which idle connections are kept.
  await expect(Promise.race([closed.then(() => "closed"), new Promise((resolve) => setTimeout(resolve, 20_000, "waiting"))])).resolves.toBe("closed");
  await expect.poll(() => received).toContain("done");
}, 30_000);
