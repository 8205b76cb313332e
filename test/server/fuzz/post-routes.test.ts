import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerApp } from "../../../src/server/create-app.ts";
import { bodiesLike } from "./broken-bodies.ts";
import { type Answer, faultsOf } from "./check-answer.ts";
import { describedRoutes, type DescribedRoute } from "./described-routes.ts";
import { valuesOf } from "./schema-values.ts";
import { openWholeApp } from "./whole-app.ts";

/** A longer search, when a route has changed: FUZZ_RUNS=5000 FUZZ_SEED=2 npx vitest run test/server/fuzz */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 150);
const SEED = Number(process.env["FUZZ_SEED"] ?? 7);
/** In a list: tests are named before the server is opened. */
const PATHS = [
  "/v2/rerank",
  "/v1/rerank",
  "/reranking",
  "/v1/reranking",
  "/rerank",
  "/batch_rerank",
  "/score",
  "/v1/score",
  "/api/v1/services/rerank/text-rerank/text-rerank",
  "/compatible-api/v1/reranks",
  "/v1/reranks",
  "/reranks",
  "/voyage/v1/rerank",
  "/v1/embeddings",
  "/embeddings",
  "/embed",
  "/similarity",
  "/v1/search",
];

let app: ServerApp;
let tutorial: ServerApp;
let routes: ReadonlyMap<string, DescribedRoute>;
beforeAll(async () => {
  app = await openWholeApp();
  tutorial = await openWholeApp({ rerankShape: "tutorial" });
  routes = new Map(describedRoutes(app).map((route) => [route.path, route]));
});
afterAll(async () => {
  await app.close();
  await tutorial.close();
});

function routeOf(path: string): DescribedRoute {
  const route = routes.get(path);
  if (route === undefined) throw new Error(`the document has no ${path}`);
  return route;
}

async function post(server: ServerApp, path: string, body: string | Buffer | undefined, headers: Readonly<Record<string, string>> = { "content-type": "application/json" }): Promise<Answer> {
  const { statusCode: status, headers: answered, body: text } = await server.inject({ method: "POST", url: path, headers, ...(body !== undefined && { payload: body }) });
  return { status, type: String(answered["content-type"]), text };
}

/** Texts of a body that no error may repeat. The name of a model is none. */
function textsIn(body: string): string[] {
  try {
    const value: unknown = JSON.parse(body);
    const model = (value as { readonly model?: unknown } | null)?.model;
    return longStrings(value).filter((text) => text !== model);
  } catch {
    // It is no JSON: what it holds is known to nobody.
    return [];
  }
}

function longStrings(value: unknown): string[] {
  const found: string[] = [];
  const waiting = [value];
  for (let next = waiting.pop(); next !== undefined || waiting.length > 0; next = waiting.pop()) {
    if (typeof next === "string" && next.length >= 12) found.push(next);
    else if (typeof next === "object" && next !== null) waiting.push(...Object.values(next));
  }
  return found;
}

test("every POST route of the document is fuzzed", () => {
  expect([...routes.keys()].toSorted()).toEqual(PATHS.toSorted());
});

describe.each(PATHS)("%s", (path) => {
  test("answers whatever it is sent as its document says: never 500, never NaN, errors in the dialect's shape", async () => {
    const route = routeOf(path);
    // The models of the examples are those of the services that the dialects come from.
    const values = fc.oneof(valuesOf(route.body), ...route.examples.map((example) => fc.constant({ ...(example as object), model: "mini" })));
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(bodiesLike(values), async (body) => {
        const answer = await post(app, path, body);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        expect(faultsOf(route, answer, textsIn(body))).toEqual([]);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // A fuzzer whose requests are all refused tests one line.
    expect(statuses.get(200) ?? 0, JSON.stringify([...statuses])).toBeGreaterThan(RUNS / 10);
    expect(RUNS - (statuses.get(200) ?? 0), JSON.stringify([...statuses])).toBeGreaterThan(RUNS / 10);
  });

  test.each<[string, Readonly<Record<string, string>>, string | Buffer | undefined]>([
    ["text", { "content-type": "text/plain" }, "{}"],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, "query=a&documents=b"],
    ["a file", { "content-type": "multipart/form-data; boundary=x" }, "--x\r\n\r\n{}\r\n--x--"],
    ["no type", { "content-type": "" }, "{}"],
    ["a type that is none", { "content-type": "application/json;;;=" }, "{}"],
    ["another charset", { "content-type": "application/json; charset=utf-16" }, Buffer.from("{}", "utf16le")],
    ["bytes that are no UTF-8", { "content-type": "application/json" }, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ["packed JSON", { "content-type": "application/json", "content-encoding": "gzip" }, Buffer.from([0x1f, 0x8b, 0x08])],
    ["nothing", { "content-type": "application/json" }, undefined],
    ["nothing without a type", {}, undefined],
  ])("refuses %s in its own shape", async (_what, headers, body) => {
    const answer = await post(app, path, body, headers);
    expect(faultsOf(routeOf(path), answer, [])).toEqual([]);
    expect([400, 415, 422]).toContain(answer.status);
  });

  test("refuses a body of 2 MB that is more than it takes, in its own shape", async () => {
    const [example] = routeOf(path).examples;
    const answer = await post(app, path, JSON.stringify({ ...(example as object), padding: "x".repeat(2_000_000) }));
    expect(answer.status).toBe(413);
    expect(faultsOf(routeOf(path), answer, [])).toEqual([]);
  });
});

test("a text of 2 MB is read or refused where a request may be so large", async () => {
  const limits = { maxDocuments: 100, maxRequestTokens: 10_000_000, maxBodyBytes: 20_000_000, deadlineMs: 60_000 };
  const large = await openWholeApp({ limits });
  // One word: the fake service compares words.
  const text = "x水".repeat(500_000);
  for (const route of describedRoutes(large)) {
    let longest = 1;
    const body = JSON.stringify(route.examples[0] ?? { query: "how do I remove limescale?" }, (_name, value: unknown) => (typeof value === "string" && value.length > 15 && longest-- > 0 ? text : value));
    expect(body.length, route.path).toBeGreaterThan(text.length);
    expect(faultsOf(route, await post(large, route.path, body), [text]), route.path).toEqual([]);
  }
  await large.close();
});

test("the tutorial's shape of /rerank stands as many", async () => {
  const [route] = describedRoutes(tutorial).filter(({ path }) => path === "/rerank");
  if (route === undefined) throw new Error("the document has no /rerank");
  await fc.assert(
    fc.asyncProperty(bodiesLike(valuesOf(route.body)), async (body) => {
      expect(faultsOf(route, await post(tutorial, "/rerank", body), textsIn(body))).toEqual([]);
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test("nothing that was sent has changed what all objects have", () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
