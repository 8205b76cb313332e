import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../support/inference-processes.ts";
import { type RunningServer, startServer } from "./support/running-server.ts";
import { createWorkplace, expectExit, type Workplace } from "./support/workplace.ts";

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: any;
}

const CLIENTS = 10;
const DOCUMENTS = [
  "Vinegar or citric acid dissolves limescale in a kettle.",
  "A city bicycle tyre needs about four bar of air.",
  "Store red wine lying down, in the dark, at twelve degrees.",
  "水壶每月用柠檬酸除垢一次。",
];
const QUERIES = ["how do I remove limescale?", "how much air does a tyre need?", "how is wine kept?", "如何给水壶除垢?"];
const LONG = Array.from({ length: 40 }, (_, place) => `${place}: ${DOCUMENTS.join(" ")} ${DOCUMENTS.join(" ")}`);

let place: Workplace;
/** By query: the relevance of each document, as the command line says it. */
const expected = new Map<string, readonly number[]>();

beforeAll(async () => {
  place = createWorkplace();
  for (const query of QUERIES) {
    const { stdout } = expectExit(await place.rerank(["rank", query, "--models", "mini", "--json", "--no-daemon"], { stdin: DOCUMENTS.join("\n") }), 0);
    const { results } = JSON.parse(stdout) as { readonly results: readonly { readonly startLine: number; readonly relevance: number }[] };
    expected.set(query, results.toSorted((a, b) => a.startLine - b.startLine).map(({ relevance }) => relevance));
  }
});
afterAll(() => place.remove());

async function rerank({ url }: RunningServer, query: string, documents: readonly string[] = DOCUMENTS): Promise<Answer> {
  const response = await fetch(`${url}/v1/rerank`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query, documents }) });
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body: await response.json() };
}

/** The relevances of an answer, in the order of the documents. */
function relevancesOf({ body }: Answer): number[] {
  const results = body.results as readonly { readonly index: number; readonly relevance_score: number }[];
  return results.toSorted((a, b) => a.index - b.index).map((result) => result.relevance_score);
}

describe("a server that many ask at once", () => {
  test("gives each of them what the command line gives, to the last bit", async () => {
    // Without its cache: each answer is computed, among those of others.
    const server = await startServer(place, "--cache-entries", "0");
    const ask = async (client: number): Promise<void> => {
      for (let turn = 0; turn < 4; turn++) {
        const query = QUERIES[(client + turn) % QUERIES.length] ?? "";
        const answer = await rerank(server, query);
        expect({ status: answer.status, relevances: relevancesOf(answer) }).toEqual({ status: 200, relevances: expected.get(query) });
        const scores = (answer.body.results as readonly { readonly relevance_score: number }[]).map((result) => result.relevance_score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => ask(client)));
  });

  test("turns away what its queue does not hold, with the time to wait, and answers the rest", async () => {
    const server = await startServer(place, "--cache-entries", "0", "--queue-requests", "3");
    const answers = await Promise.all(Array.from({ length: 30 }, (_, at) => rerank(server, QUERIES[at % QUERIES.length] ?? "")));
    const answered = answers.flatMap((answer, at) => (answer.status === 200 ? [{ query: QUERIES[at % QUERIES.length] ?? "", answer }] : []));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(answered.length).toBeGreaterThanOrEqual(3);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    for (const { query, answer } of answered) expect(relevancesOf(answer)).toEqual(expected.get(query));
    for (const { status, retryAfter, body } of refused) {
      expect({ status, type: body.error.type, retryAfter }).toEqual({ status: 429, type: "RateLimitError", retryAfter: expect.stringMatching(/^[1-9]\d?$/) as string });
    }
    expect((await rerank(server, QUERIES[0] ?? "")).status).toBe(200);
  });
});

describe.skipIf(process.platform === "win32")("a server whose model process is killed in mid-run", () => {
  test("fails nothing but with 503 and a time to wait, and answers again", async () => {
    const server = await startServer(place, "--cache-entries", "0");
    const statuses: Answer[] = [];
    let running = true;
    const ask = async (client: number): Promise<void> => {
      for (let turn = client; running; turn++) {
        const query = QUERIES[turn % QUERIES.length] ?? "";
        const answer = await rerank(server, query);
        statuses.push(answer);
        if (answer.status === 200) expect(relevancesOf(answer)).toEqual(expected.get(query));
      }
    };
    const clients = Promise.all(Array.from({ length: 4 }, (_, client) => ask(client)));
    // A request outlives one death; at the second one it fails.
    for (let kill = 0; kill < 3; kill++) {
      const count = statuses.length;
      while (statuses.length < count + 4 || server.models().length === 0) await delay(20);
      for (const pid of server.models()) process.kill(pid, "SIGKILL");
    }
    while (statuses.at(-1)?.status !== 200 || (await server.metric("rerank_model_deaths_total")) < 3) await delay(20);
    running = false;
    await clients;
    expect(statuses.map(({ status }) => status).filter((status) => status !== 200 && status !== 503)).toEqual([]);
    for (const { status, retryAfter } of statuses) expect(status === 200 || /^[1-9]\d?$/.test(retryAfter ?? "")).toBe(true);
    expect((await rerank(server, QUERIES[0] ?? "")).status).toBe(200);
    expect(server.process.exitCode).toBeNull();
  });
});

describe.skipIf(process.platform === "win32")("a server that is told to stop", () => {
  async function startWork(server: RunningServer): Promise<{ readonly work: Promise<Answer | Error> }> {
    const work = rerank(server, QUERIES[0] ?? "", LONG).catch((error: Error) => error);
    while ((await server.metric("rerank_running_texts")) === 0) await delay(10);
    return { work };
  }

  test("finishes what it has begun, and ends with 0", async () => {
    const server = await startServer(place);
    const { work } = await startWork(server);
    server.process.kill("SIGTERM");
    const answer = (await work) as Answer;
    expect([answer.status, answer.body.results.length]).toEqual([200, LONG.length]);
    expect(await server.ended).toBe(0);
  });

  test("ends at once when it is told a second time, and takes its models with it", async () => {
    const server = await startServer(place);
    const models = server.models();
    const { work } = await startWork(server);
    server.process.kill("SIGTERM");
    while (!server.log().includes("rerank stops")) await delay(10);
    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(130);
    expect(await work).toBeInstanceOf(Error);
    while (models.some(isAlive)) await delay(20);
  });
});
