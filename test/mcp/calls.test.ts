import { ProtocolError, type Progress } from "@modelcontextprotocol/client";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/domain/errors.ts";
import { openAgentSession, textOf } from "../support/agent-session.ts";

const TEXTS = { "a.md": Array.from({ length: 40 }, (_, number) => `vinegar ${number}`) };

describe("errors", () => {
  test.each([
    ["search", { query: "vinegar" }],
    ["read", { path: "a.md" }],
    ["status", {}],
  ])("%s without an index names the command that makes one", async (name, args) => {
    const { call } = await openAgentSession();
    const answer = await call(name, args);
    expect(answer.isError).toBe(true);
    expect(textOf(answer)).toMatch(/^no index here.*\n?.*rerank index/);
  });

  test.each([
    ["search", { quary: "vinegar" }, /query.*quary/],
    ["search", { query: "vinegar", limit: 0 }, /limit/],
    ["search", { query: "vinegar", limit: 51 }, /limit/],
    ["search", { query: "" }, /query/],
    ["search", { query: "vinegar", min_relevance: 2 }, /min_relevance/],
    ["rank", { query: "vinegar", documents: [] }, /documents/],
    ["rank", { query: "vinegar", documents: ["vinegar"] }, /documents/],
    ["read", { path: "a.md", before: -1 }, /before/],
    ["status", { verbose: true }, /verbose/],
  ])("%s with %j tells the model what is wrong", async (name, args, message) => {
    const { call } = await openAgentSession({ texts: TEXTS });
    const answer = await call(name, args);
    expect(answer.isError).toBe(true);
    expect(textOf(answer)).toMatch(message);
  });

  test("a glob that could take forever and a query of blanks are refused", async () => {
    const { call } = await openAgentSession({ texts: TEXTS });
    expect(textOf(await call("search", { query: "vinegar", paths: ["*a*a*a*a*a*a*.md"] }))).toMatch(/wildcards/);
    expect(textOf(await call("search", { query: "   " }))).toBe("the query is empty\nhint: change query");
  });

  test("a tool that is none is an error of the protocol", async () => {
    const { call } = await openAgentSession({ texts: TEXTS });
    await expect(call("delete", {})).rejects.toSatisfy((error) => error instanceof ProtocolError && error.code === -32_602);
  });

  test("what the user can mend comes with its hint, to an agent on this machine", async () => {
    const { call } = await openAgentSession({ texts: TEXTS, viewFailure: () => new UserError("the index in /x was built with mini", { hint: "run rerank index" }) });
    for (const [name, args] of [["search", { query: "vinegar" }], ["read", { path: "a.md" }], ["status", {}]] as const) {
      expect(textOf(await call(name, args)), name).toBe("the index in /x was built with mini\nhint: run rerank index");
    }
  });

  test("our own fault is told to the log, and no more of it to the agent", async () => {
    const bugs: unknown[] = [];
    const bug = new TypeError("undefined is not a function, at /home/ana/secret");
    const { call } = await openAgentSession({ texts: TEXTS, failure: () => bug, onBug: (error) => bugs.push(error) });
    expect(textOf(await call("search", { query: "vinegar" }))).toBe("rerank has failed; its stderr says more");
    expect(bugs).toEqual([bug]);
  });
});

describe("a call under way", () => {
  test("tells a client that wants to know how many candidates are judged", async () => {
    const { client } = await openAgentSession({ texts: TEXTS, delayMs: 15 });
    const told: Progress[] = [];
    await client.callTool({ name: "search", arguments: { query: "vinegar" } }, { onprogress: (progress) => void told.push(progress) });
    expect(told[0]).toMatchObject({ progress: 0, total: 40, message: "40 candidates found" });
    expect(told.at(-1)).toMatchObject({ progress: 40, total: 40, message: "40 of 40 candidates judged" });
    expect(told.length).toBeGreaterThan(3);
    expect(told.length).toBeLessThan(20);
    const steps = told.map(({ progress }) => progress);
    expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));
  });

  test("tells nothing to one that does not", async () => {
    const { client, call } = await openAgentSession({ texts: TEXTS });
    const told: unknown[] = [];
    client.fallbackNotificationHandler = async (notification) => void told.push(notification);
    await call("search", { query: "vinegar" });
    expect(told).toEqual([]);
  });

  test.each([
    ["search", { query: "vinegar" }],
    ["rank", { query: "vinegar", documents: Array.from({ length: 40 }, (_, number) => ({ text: `vinegar ${number}` })) }],
  ])("%s stops the reranker when it is cancelled", async (name, args) => {
    const { client, models, views } = await openAgentSession({ texts: TEXTS, delayMs: 20 });
    const cancel = new AbortController();
    const call = client.callTool({ name, arguments: args }, { signal: cancel.signal });
    await expect.poll(() => models.scored.length).toBe(1);
    const signal = models.scored[0]?.signal;
    expect(signal?.aborted).toBe(false);
    cancel.abort("enough");
    await expect(call).rejects.toThrow();
    await expect.poll(() => signal?.aborted).toBe(true);
    await expect.poll(() => views.users).toBe(0);
  });

  test("does not hold up another one", async () => {
    const { client, call } = await openAgentSession({ texts: TEXTS, delayMs: 20 });
    const cancel = new AbortController();
    const slow = client.callTool({ name: "search", arguments: { query: "vinegar" } }, { signal: cancel.signal });
    const outcome = slow.then(() => "done", () => "cancelled");
    expect((await call("status", {})).structuredContent).toMatchObject({ documents: 1 });
    cancel.abort();
    expect(await outcome).toBe("cancelled");
  });
});
