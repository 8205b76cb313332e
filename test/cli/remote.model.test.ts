import { existsSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { startServer, type RunningServer } from "./support/running-server.ts";
import { createWorkplace, expectExit, expectUserError, type Workplace } from "./support/workplace.ts";

const KEY = "a-key-of-twenty-letters";
const FILES = Object.fromEntries(
  ["Descale the kettle with vinegar and water.", "Pump the bicycle's tyres to four bars.", "The museum is closed on Mondays.", "Store tomatoes at room temperature."].map((text, at) => [`docs/note-${at}.md`, `# Note ${at}\n\n${text}\n`]),
);
const places: Workplace[] = [];
afterEach(() => places.splice(0).forEach((place) => place.remove()));

function workplace(): Workplace {
  const place = createWorkplace(FILES);
  places.push(place);
  return place;
}

/** Our own server as a provider, which asks for a key. */
async function provider(place: Workplace): Promise<RunningServer> {
  const keyed = { ...place, environment: { ...place.environment, RERANK_API_KEY: KEY } };
  return startServer(keyed);
}

async function textsAnswered({ url }: RunningServer): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${KEY}` } })).text();
  return [...metrics.matchAll(/^rerank_texts_total(?:\{.*\})? (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

const keys = { RERANK_EMBED_KEY: KEY, RERANK_RERANK_KEY: KEY };
const embedBy = ({ url }: RunningServer): string[] => ["--embed-url", `${url}/v1`, "--embedder", "mini"];
const rerankBy = ({ url }: RunningServer): string[] => ["--rerank-url", `${url}/v2/rerank`, "--reranker", "mini"];

interface Answer {
  readonly results: readonly { readonly path: string; readonly relevance: number; readonly similarity: number }[];
}

async function answer(place: Workplace, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return JSON.parse(expectExit(await place.rerank(["search", "how do I remove limescale?", "--json", ...args], { env }), 0).stdout) as Answer;
}

test("an index and a search with remote models give what the same models give here, and a second search asks nothing again", async () => {
  const [here, there] = [workplace(), workplace()];
  const server = await provider(here);
  expectExit(await here.rerank(["index", "docs", "--models", "mini"]), 0);
  const indexed = expectExit(await there.rerank(["index", "docs", ...embedBy(server)], { env: keys }), 0);
  expect(indexed.stderr).toMatch(/sending about \d+ tokens \(4 passages\) to 127\.0\.0\.1:\d+, for server:mini/);
  const local = await answer(here, []);
  const remote = await answer(there, [...embedBy(server), ...rerankBy(server)], keys);
  expect(remote.results.map(({ path }) => path)).toEqual(local.results.map(({ path }) => path));
  for (const [at, { relevance, similarity }] of remote.results.entries()) {
    expect(relevance).toBeCloseTo(local.results[at]!.relevance, 3);
    expect(similarity).toBeCloseTo(local.results[at]!.similarity, 3);
  }
  const again = expectExit(await there.rerank(["search", "how do I remove limescale?", "--explain", ...embedBy(server).slice(0, 2), ...rerankBy(server)], { env: keys }), 0);
  expect(again.stdout).toMatch(/reranker server:mini: 0 requests, 0 tokens,\s+4 answers\s+from\s+the\s+cache/);
  const status = JSON.parse((await there.rerank(["cache", "status", "--json"])).stdout) as { entries: number };
  expect(status.entries).toBe(4);
  expect(expectExit(await there.rerank(["cache", "clear"]), 0).stdout).toContain("removed 4 relevances");
  for (const { stdout, stderr } of [indexed, again]) expect(stdout + stderr).not.toContain(KEY);
});

test("a key that is not taken is told without the key, and no index is left behind", async () => {
  const place = workplace();
  const server = await provider(place);
  const run = await place.rerank(["index", "docs", ...embedBy(server)], { env: { RERANK_EMBED_KEY: "another-key-of-theirs" } });
  expectUserError(run, /does not accept the key/, /RERANK_EMBED_KEY/);
  expect(run.stderr).not.toContain("another-key");
  expect(existsSync(place.path(".rerank"))).toBe(false);
});

test("more tokens than may be sent unasked are an error where nobody can be asked, and nothing is sent", async () => {
  const place = workplace();
  const server = await provider(place);
  const run = await place.rerank(["index", "docs", "--ask-tokens", "3", ...embedBy(server)], { env: keys });
  expectUserError(run, /would send about \d+ tokens \(4 passages\)/, /--ask-tokens \d+/);
  expect(existsSync(place.path(".rerank"))).toBe(false);
});

test("a server that stops in the middle loses nothing, and the run goes on where it was", async () => {
  const place = workplace();
  place.write(Object.fromEntries(Array.from({ length: 76 }, (_, at) => [`docs/more-${at}.md`, `# Part ${at}\n\n${`Sentence ${at} of a longer text about kettles. `.repeat(20)}\n`])));
  const first = await provider(place);
  const url = first.url;
  const running = place.rerank(["index", "docs", "--remote-retries", "0", ...embedBy(first)], { env: keys });
  // A first batch of 32 passages has been answered, and is written down while the second one is read.
  while ((await textsAnswered(first)) < 32) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 300));
  first.process.kill("SIGKILL");
  const failed = await running;
  expect(failed.exitCode).toBe(2);
  expect(failed.stderr).toMatch(/what has been embedded is kept/);
  expect(failed.stderr).toMatch(/go on with: rerank index docs/);
  const second = await provider(place);
  expect(second.url).not.toBe(url);
  const resumed = expectExit(await place.rerank(["index", ...embedBy(second)], { env: keys }), 0);
  // What the first run has embedded is not sent again.
  const [before, after] = [failed, resumed].map(({ stderr }) => Number(/sending about ([\d,]+) tokens/.exec(stderr)?.[1]?.replaceAll(",", "")));
  expect(after).toBeGreaterThan(0);
  expect(after).toBeLessThan(before!);
  expect(resumed.stdout).toMatch(/80 documents/);
});

test("an index of a server's model does not go to a provider of that name when the address is forgotten", async () => {
  const place = workplace();
  const server = await provider(place);
  expectExit(await place.rerank(["index", "docs", ...embedBy(server)], { env: keys }), 0);
  expectUserError(await place.rerank(["search", "limescale", "--no-rerank"], { env: { OPENAI_API_KEY: "sk-nobody" } }), /server:mini runs on a server, and its address is not set/, /--embed-url/);
});

test("the doctor asks remote models, and tells a key that is not taken", async () => {
  const place = workplace();
  const server = await provider(place);
  const healthy = await place.rerank(["doctor", ...embedBy(server), ...rerankBy(server)], { env: keys });
  expect(healthy.stdout).toMatch(/ok +embedder +server:mini at .* puts known answers first/);
  const refused = await place.rerank(["doctor", ...rerankBy(server)], { env: { RERANK_RERANK_KEY: "another-key-of-theirs" } });
  expect(refused.exitCode).toBe(2);
  expect(refused.stdout).toMatch(/FAILED +reranker .*does not accept the key/);
});
