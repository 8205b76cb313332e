import { expect, test } from "vitest";
import { readEvents, type ServerEvent } from "../../../src/page/read-events.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { createEventStream } from "../../../src/server/search/event-stream.ts";
import { streamSearch } from "../../../src/server/search/stream-search.ts";
import type { SearchService } from "../../../src/server/search/search-service.ts";
import { startSearch } from "./start-search.ts";

const QUERY = "remove limescale vinegar";

interface Told {
  readonly event: string;
  readonly data: any;
}

async function eventsOf(response: Response): Promise<Told[]> {
  const told: Told[] = [];
  for await (const { event, data } of readEvents(response.body!)) told.push({ event, data: JSON.parse(data) });
  return told;
}

test.each([
  ["stream: true", { query: QUERY, stream: true }, {}],
  ["Accept", { query: QUERY }, { accept: "text/event-stream" }],
])("tells a search as it goes, asked by %s", async (_by, body, headers) => {
  const { search } = await startSearch();
  const response = await search(body, headers);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const events = await eventsOf(response);
  const plain: any = await (await search({ query: QUERY })).json();

  expect(events[0]?.event).toBe("recalled");
  expect(events[0]?.data.candidates.map((each: any) => each.recallRank)).toEqual([1, 2, 3, 4, 5]);
  expect(events[0]?.data.candidates[0]).toMatchObject({ startLine: 1, snippet: { clippedStart: false } });
  const kettle = events[0]?.data.candidates.find((each: any) => each.text.startsWith("To remove"));
  expect(kettle.highlights.map(([start, end]: [number, number]) => kettle.text.slice(start, end))).toEqual(["remove", "limescale", "vinegar"]);
  expect(JSON.stringify(events[0]?.data)).not.toMatch(/\/home\/ana|"\/elsewhere/);

  const judgments = events.filter(({ event }) => event === "judged").flatMap(({ data }) => data.judgments);
  expect(judgments.map(({ position }) => position).toSorted()).toEqual([0, 1, 2, 3, 4]);
  expect(Object.keys(judgments[0]).toSorted()).toEqual(["logit", "position", "relevance", "truncated"]);

  expect(events.at(-1)?.event).toBe("result");
  expect({ ...events.at(-1)?.data, timings: null }).toEqual({ ...plain, timings: null });
});

test("a search can be streamed by its address, and need not be", async () => {
  const { url } = await startSearch();
  const address = `${url}/v1/search?q=${encodeURIComponent(QUERY)}`;
  expect((await eventsOf(await fetch(`${address}&stream=1`))).map(({ event }) => event).at(-1)).toBe("result");
  const refused = await fetch(`${address}&stream=false`, { headers: { accept: "text/event-stream" } });
  expect(refused.headers.get("content-type")).toContain("application/json");
  await refused.text();
});

test("judgments that come close together travel together", async () => {
  const texts = { "a.md": Array.from({ length: 60 }, (_, i) => `limescale ${i}`) };
  const { search } = await startSearch({ texts });
  const judged = (await eventsOf(await search({ query: "limescale", stream: true, candidates: 60 }))).filter(({ event }) => event === "judged");
  expect(judged.length).toBeLessThan(60);
  expect(judged.at(-1)?.data).toMatchObject({ done: 60, total: 60, usage: { computedTokens: expect.any(Number) } });
});

test("an error before the first event is an ordinary answer", async () => {
  const { search } = await startSearch({ texts: "none" });
  const response = await search({ query: QUERY, stream: true });
  expect(response.status).toBe(404);
  expect(((await response.json()) as any).message).toBe("no index here; run rerank index");
});

test("an error after the first event is the last event, in the shape of any other", async () => {
  const failure = new ServiceError("overloaded", "the queue is full");
  const { search } = await startSearch({ fake: { logitOf: () => { throw failure; } } });
  const events = await eventsOf(await search({ query: QUERY, stream: true }));
  expect(events.map(({ event }) => event)).toEqual(["recalled", "error"]);
  expect(events[1]?.data).toMatchObject({ message: "the queue is full", error: { code: 429 } });
});

test("an error of our own tells a client nothing about it", async () => {
  const { search } = await startSearch({ fake: { logitOf: () => { throw new TypeError("undefined quokka"); } } });
  const text = await (await search({ query: QUERY, stream: true })).text();
  expect(text).toContain('"code":500');
  expect(text).not.toContain("quokka");
});

test("a client that leaves stops the work", async () => {
  const { search, models, views } = await startSearch({ fake: { delayMs: 60 } });
  const response = await search({ query: QUERY, stream: true });
  const reader = response.body!.getReader();
  await reader.read();
  expect(views.users).toBe(1);
  await reader.cancel();
  await expect.poll(() => views.users).toBe(0);
  expect(models.scored[0]?.signal.aborted).toBe(true);
});

test("a client that waits for long gets a stream before there is an event, and errors as events", async () => {
  const service = { search: () => new Promise((_resolve, reject) => setTimeout(() => reject(new ServiceError("deadline", "too late")), 80)) } as unknown as SearchService;
  const options = { describeError: (error: unknown) => ({ message: (error as Error).message }), onDone() {}, firstEventWithinMs: 20 };
  const stream = await streamSearch(service, { query: QUERY }, { client: "me", signal: new AbortController().signal }, options);
  const events: ServerEvent[] = [];
  for await (const event of readEvents(stream)) events.push(event);
  expect(events).toEqual([{ event: "error", data: '{"message":"too late"}' }]);
});

test("a stream on which nothing happens says that it is alive, and nothing once it has ended", async () => {
  const events = createEventStream(20);
  setTimeout(() => events.end(), 90);
  const chunks: string[] = [];
  for await (const chunk of events.readable) chunks.push(String(chunk));
  events.send("late", {});
  expect(chunks.join("")).toMatch(/^(: still working\n\n)+$/);
});
