// `rerank serve` under load: whether many clients at once get what the command line gives, how fast, in how much memory, and what
// happens when there are too many of them or a model's process is killed. docs/performance.md says what each figure means.
//
//   npm run build && node bench/serve-load.js [--json] [--quick] [--clients 50] [--requests 20] [--memory-requests 10000]
//
// It ends with 1 where an answer was wrong, a refusal had no Retry-After, or a server that lost its model did not come back within 2 s.
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { describeMachine } from "./engine/machine.js";
import { atOnce, countStatuses, isRight, openConnections, percentile, rerank } from "./serve-load/clients.js";
import { formatSummary } from "./serve-load/format-summary.js";
import { modelProcesses, relevancesByCommandLine, residentBytes, startServer } from "./serve-load/server.js";
import { DOCUMENTS, QUERIES, SHORT_DOCUMENTS } from "./serve-load/workload.js";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    clients: { type: "string" },
    requests: { type: "string" },
    "memory-requests": { type: "string" },
  },
});
const clients = Number(options.clients ?? (options.quick ? 10 : 50));
const requests = Number(options.requests ?? (options.quick ? 4 : 20));
const memoryRequests = Number(options["memory-requests"] ?? (options.quick ? 1000 : 10_000));
/** One in so many requests of the memory test asks what nobody has asked before: the others are answered from the cache. */
const NEW_EVERY = 10;
const SAMPLE_EVERY_MS = 50;
const KILLS = options.quick ? 2 : 5;
const MOST_RECOVERY_MS = 2000;

/** stdout is for the result. @param {string} line */
const tell = (line) => process.stderr.write(`${line}\n`);
/** Clients do not ask in step: the cache would know nothing that another one asks. @param {number} at */
const queryAt = (at) => QUERIES[(at + Math.floor(at / 7)) % QUERIES.length] ?? "";

const machine = describeMachine(0);
tell("asking the command line");
const expected = new Map(QUERIES.map((query) => [query, relevancesByCommandLine(query, DOCUMENTS)]));
const load = { computed: await measureLoad(["--cache-entries", "0"]), cached: await measureLoad([]) };
const memory = await measureMemory();
const overflow = await measureOverflow();
const kills = await measureKills();
const summary = { machine, clients, requests, documents: DOCUMENTS.length, load, memory, overflow, kills, passed: hasPassed() };
process.stdout.write(options.json ? `${JSON.stringify(summary, null, 1)}\n` : formatSummary(summary));
if (!summary.passed) process.exitCode = 1;

/** Clients that stay connected, each with one request after another. @param {readonly string[]} serverOptions */
async function measureLoad(serverOptions) {
  tell(`${clients} clients, ${requests} requests each, ${serverOptions.length === 0 ? "with" : "without"} the cache`);
  const server = await startServer(serverOptions);
  const connections = openConnections(clients);
  const startedAt = performance.now();
  const answers = await atOnce(clients, requests, async (at) => {
    const answer = await rerank(connections, server.url, queryAt(at), DOCUMENTS);
    return { status: answer.status, elapsedMs: answer.elapsedMs, isRight: isRight(answer, expected.get(queryAt(at)) ?? []) };
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await connections.close();
  const exitCode = await server.stop();
  const times = answers.map(({ elapsedMs }) => elapsedMs);
  return {
    statuses: countStatuses(answers),
    wrong: answers.filter((answer) => !answer.isRight).length,
    seconds,
    requestsPerSecond: answers.length / seconds,
    documentsPerSecond: (answers.length * DOCUMENTS.length) / seconds,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    p99Ms: percentile(times, 0.99),
    exitCode,
  };
}

/** Memory of the server itself and of its models, from the first quarter of many requests to the last. */
async function measureMemory() {
  tell(`memory over ${memoryRequests} requests`);
  const server = await startServer([]);
  const models = modelProcesses(server.pid);
  const connections = openConnections(20);
  /** @type {{ done: number, server: number, models: number }[]} */
  const samples = [];
  let done = 0;
  const sample = setInterval(() => {
    const own = residentBytes(server.pid);
    if (own !== undefined) samples.push({ done, server: own, models: models.reduce((sum, pid) => sum + (residentBytes(pid) ?? 0), 0) });
  }, SAMPLE_EVERY_MS);
  const answers = await atOnce(20, Math.ceil(memoryRequests / 20), async (at) => {
    const query = at % NEW_EVERY === 0 ? `${queryAt(at)} (${at})` : queryAt(at);
    const { status } = await rerank(connections, server.url, query, SHORT_DOCUMENTS);
    done += 1;
    return { status };
  });
  clearInterval(sample);
  await connections.close();
  await server.stop();
  /** @param {number} quarter @param {"server" | "models"} whose */
  const mean = (quarter, whose) => {
    const chosen = samples.filter((each) => Math.min(3, Math.floor((4 * each.done) / answers.length)) === quarter);
    return chosen.reduce((sum, each) => sum + each[whose], 0) / Math.max(1, chosen.length);
  };
  const of = (/** @type {"server" | "models"} */ whose) => ({ firstQuarterBytes: mean(0, whose), lastQuarterBytes: mean(3, whose), ratio: mean(3, whose) / mean(0, whose) });
  return { requests: answers.length, newShare: 1 / NEW_EVERY, documents: SHORT_DOCUMENTS.length, statuses: countStatuses(answers), samples: samples.length, server: of("server"), models: of("models") };
}

/** More requests at once than a small queue holds. */
async function measureOverflow() {
  const at = 4 * clients;
  tell(`${at} requests at once to a queue of 8`);
  const server = await startServer(["--cache-entries", "0", "--queue-requests", "8"]);
  const connections = openConnections(at);
  const answers = await atOnce(at, 1, async (place) => {
    const answer = await rerank(connections, server.url, queryAt(place), DOCUMENTS);
    return { ...answer, isRight: isRight(answer, expected.get(queryAt(place)) ?? []) };
  });
  const after = await rerank(connections, server.url, queryAt(0), DOCUMENTS);
  await connections.close();
  await server.stop();
  const refused = answers.filter(({ status }) => status === 429);
  return {
    requests: at,
    statuses: countStatuses(answers),
    wrong: answers.filter((answer) => answer.status === 200 && !answer.isRight).length,
    withoutRetryAfter: refused.filter(({ retryAfter }) => !/^[1-9]\d*$/.test(retryAfter ?? "")).length,
    statusAfterwards: after.status,
  };
}

/** Each time: the reranker's process is killed in the middle of work, and again while it starts; how long until a request that is sent afterwards is answered. */
async function measureKills() {
  tell(`${KILLS} times kill -9`);
  const server = await startServer(["--cache-entries", "0"]);
  const connections = openConnections(5);
  /** @type {{ status: number, retryAfter: string | undefined, isRight: boolean }[]} */
  const answers = [];
  let isRunning = true;
  const clientsAtWork = Promise.all(
    Array.from({ length: 4 }, async (_, client) => {
      for (let turn = client; isRunning; turn++) {
        const answer = await rerank(connections, server.url, queryAt(turn), DOCUMENTS);
        answers.push({ status: answer.status, retryAfter: answer.retryAfter, isRight: answer.status !== 200 || isRight(answer, expected.get(queryAt(turn)) ?? []) });
      }
    }),
  );
  const recoveriesMs = [];
  for (let kill = 0; kill < KILLS; kill++) {
    await delay(1500);
    for (let time = 0; time < 2; time++) {
      for (const pid of modelProcesses(server.pid)) process.kill(pid, "SIGKILL");
      // The second kill meets those that are repeated: they fail.
      if (time === 0) await delay(400);
    }
    const killedAt = performance.now();
    for (;;) {
      const { status } = await rerank(connections, server.url, queryAt(kill), DOCUMENTS.slice(0, 1));
      if (status === 200) break;
      await delay(20);
    }
    recoveriesMs.push(performance.now() - killedAt);
  }
  isRunning = false;
  await clientsAtWork;
  await connections.close();
  await server.stop();
  const failed = answers.filter(({ status }) => status !== 200);
  return {
    kills: KILLS,
    statuses: countStatuses(answers),
    wrong: answers.filter((answer) => !answer.isRight).length,
    withoutRetryAfter: failed.filter(({ retryAfter }) => !/^[1-9]\d*$/.test(retryAfter ?? "")).length,
    recoveriesMs,
  };
}

function hasPassed() {
  const total = String(clients * requests);
  const isWhole = [load.computed, load.cached].every(({ statuses, wrong, exitCode }) => String(statuses["200"]) === total && wrong === 0 && exitCode === 0);
  const isRefusedWell = overflow.wrong === 0 && overflow.withoutRetryAfter === 0 && overflow.statusAfterwards === 200 && Object.keys(overflow.statuses).every((status) => status === "200" || status === "429");
  const isBack = kills.wrong === 0 && kills.withoutRetryAfter === 0 && kills.recoveriesMs.every((ms) => ms <= MOST_RECOVERY_MS) && Object.keys(kills.statuses).every((status) => status === "200" || status === "503");
  return isWhole && isRefusedWell && isBack && String(memory.statuses["200"]) === String(memory.requests);
}
