import { expect, test } from "vitest";
import { requestIdOf } from "../../../src/server/http/request-id.ts";
import { startApp } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";

const BODY = { query: "kettle", documents: ["a kettle", "a lamp"] };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test("tells in the headers what an answer cost", async () => {
  const { post } = await startApp([probeDialect]);
  const { headers } = await post("/probe", BODY);
  expect(Object.fromEntries([...headers].filter(([name]) => /^x-|server-timing/.test(name)))).toEqual({
    "x-request-id": expect.stringMatching(UUID),
    "x-content-type-options": "nosniff",
    "x-queue-time": "1",
    "x-inference-time": "2",
    "x-total-time": expect.stringMatching(/^\d+$/),
    "x-compute-tokens": "8",
    "x-model": "mini",
    "x-cached-texts": "0",
    "server-timing": expect.stringMatching(/^queue;dur=1\.0, inference;dur=2\.0, total;dur=\d+\.\d$/),
  });
});

test("repeats a request's id, of errors and unknown paths too", async () => {
  const { url, post } = await startApp([probeDialect]);
  const sent = { "x-request-id": "trace:01-Ab_c/d=e" };
  expect((await post("/probe", BODY, sent)).headers.get("x-request-id")).toBe("trace:01-Ab_c/d=e");
  expect((await post("/probe", {}, sent)).headers.get("x-request-id")).toBe("trace:01-Ab_c/d=e");
  const unknown = await fetch(`${url}/nowhere`, { headers: sent });
  expect([unknown.headers.get("x-request-id"), ((await unknown.json()) as { id: string }).id]).toEqual(["trace:01-Ab_c/d=e", "trace:01-Ab_c/d=e"]);
  const unreadable = await fetch(`${url}/%ff`, { headers: sent });
  expect([unreadable.status, unreadable.headers.get("x-request-id")]).toEqual([400, "trace:01-Ab_c/d=e"]);
});

test.each(["", "a\nb", 'a"b', "a b", "x".repeat(129), "idé", "{}", ["a", "b"]])("gives a request an id of its own where it brings %j", (sent) => {
  expect(requestIdOf({ headers: { "x-request-id": sent as string } })).toMatch(UUID);
});
