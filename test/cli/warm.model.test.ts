import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { packageVersion } from "../../src/cli/package-version.ts";
import { inferenceProcessesOf, until } from "../support/inference-processes.ts";
import { lend, warmPlace } from "../support/warm-server.ts";
import { createWorkplace, expectExit, PROGRAM, type Run, type Workplace } from "./support/workplace.ts";

interface SearchJson {
  readonly timings?: object;
  readonly usage?: { readonly computedTokens: number };
  readonly results: readonly object[];
}

interface RunningServer {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it has logged. */
  log(): string;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const LINES = Array.from({ length: 40 }, (_, i) => `${i}: ${["Boil vinegar in the kettle.", "Store red wine lying down.", "Pump up the tyres."][i % 3]}`).join("\n");
let place: Workplace;

beforeAll(async () => {
  place = createWorkplace({
    "docs/kettle.md": "# Kettle\n\nBoil vinegar or citric acid in the kettle, wait, and rinse: the limescale is gone.\n",
    "docs/tyres.md": "# Tyres\n\nA city bicycle needs about four bar of air in its tyres.\n",
    "docs/wine.md": "# Wine\n\nStore red wine lying down, in the dark, at twelve degrees.\n",
  });
  expectExit(await place.rerank(["index", "docs"]), 0);
});
afterAll(() => place.remove());

function runtimeFolder(): string {
  return join(place.environment["XDG_RUNTIME_DIR"] ?? "", "rerank");
}

/** Starts `rerank serve`; it ends with the test. */
async function serve(...args: readonly string[]): Promise<RunningServer> {
  const child = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", ...args], { cwd: place.folder, env: place.environment });
  let [out, log] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (log += bytes.toString()));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const server: RunningServer = {
    get url() {
      return out.trim();
    },
    process: child,
    log: () => log,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
  onTestFinished(async () => void (await server.end("SIGKILL")));
  await until(() => (out.includes("\n") && (log.includes("lent") || log.includes("lends") || existsSync(join(runtimeFolder(), "serve.sock")))) || child.exitCode !== null);
  expect({ exitCode: child.exitCode, log: child.exitCode === null ? "" : log }).toEqual({ exitCode: null, log: "" });
  return server;
}

/** All that a search answers, its times aside. */
function answerOf(run: Run): SearchJson {
  const { timings: _timings, ...answer } = JSON.parse(expectExit(run, 0).stdout) as SearchJson;
  return answer;
}

// Without such sockets there is nothing to lend.
describe.skipIf(process.platform === "win32")("beside a running server", () => {
  test("search, rank and the plain session answer as without it, with its models", async () => {
    const server = await serve();
    const search = ["search", "how do I remove limescale?", "--json"];
    const warm = await place.rerank(search);
    const own = await place.rerank([...search, "--no-daemon"]);
    expect(answerOf(warm)).toEqual(answerOf(own));
    expect([warm.stderr, own.stderr]).toEqual(["", ""]);
    // The server knows the relevances of the search before: nobody else could.
    expect(answerOf(await place.rerank(search)).usage).toEqual({ computedTokens: 0, savedTokens: 0 });
    expect(answerOf(await place.rerank([...search, "--no-daemon"])).usage?.computedTokens).toBeGreaterThan(0);

    const rank = ["rank", "limescale", "--json"];
    expect(answerOf(await place.rerank(rank, { stdin: LINES }))).toEqual(answerOf(await place.rerank([...rank, "--no-daemon"], { stdin: LINES })));
    const queries = "tyre pressure\nred wine\n";
    const plain = async (...args: readonly string[]) => expectExit(await place.rerank(["--plain", ...args], { stdin: queries }), 0).stdout.replaceAll(/\d+(\.\d+)? m?s/g, "");
    expect(await plain()).toBe(await plain("--no-daemon"));

    expect(expectExit(await place.rerank(["doctor"]), 0).stdout).toContain(`version ${packageVersion()} runs (process ${server.process.pid}, ${runtimeFolder()}/serve.sock) and lends its models`);
    expect(await server.end("SIGTERM")).toBe(0);
    expect(existsSync(join(runtimeFolder(), "serve.sock"))).toBe(false);
  });

  test("a ranking that the server does not live to finish is finished, and said once; another server takes the dead one's place", async () => {
    const server = await serve("--models", "mini");
    const rank = ["rank", "limescale", "--json", "-n", "40"];
    const own = answerOf(await place.rerank([...rank, "--no-daemon"], { stdin: LINES }));
    // Its models stand still in the middle of the work.
    await until(() => /reranker.*model is loaded/.test(server.log()));
    const models = inferenceProcessesOf(server.process.pid ?? 0);
    for (const pid of models) process.kill(pid, "SIGSTOP");
    const running = place.rerank(rank, { stdin: LINES });
    let metrics = "";
    while (!/^rerank_running_texts [1-9]/m.test(metrics)) metrics = await (await fetch(`${server.url}/metrics`)).text();
    await server.end("SIGKILL");
    for (const pid of models) process.kill(pid, "SIGCONT");
    const notices = [expect.stringMatching(/^the models of `rerank serve` are used no longer \(it has ended\); they load here/) as string];
    expect(answerOf(await running)).toEqual({ ...own, notices });

    expect(existsSync(join(runtimeFolder(), "serve.sock"))).toBe(true);
    const cold = await place.rerank(rank, { stdin: LINES });
    expect(answerOf(cold)).toEqual(own);
    expect(cold.stderr).not.toMatch(/serve/);
    await serve();
    await place.rerank(rank, { stdin: LINES });
    expect(answerOf(await place.rerank(rank, { stdin: LINES })).usage?.computedTokens).toBe(0);
  });

  test("two servers do not get into each other's way", async () => {
    const first = await serve();
    const second = await serve();
    await until(() => second.log().includes("another `rerank serve` lends"));
    await second.end("SIGTERM");
    expect(expectExit(await place.rerank(["doctor"]), 0).stdout).toContain(`(process ${first.process.pid}, `);
  });

  test("of another version, a search uses its own models without a word", async () => {
    const lending = warmPlace("0.0.1", runtimeFolder());
    await lend(lending);
    const run = await place.rerank(["search", "limescale", "--json"]);
    expect(answerOf(run).results).toHaveLength(3);
    expect(run.stderr).toBe("");
    expect(expectExit(await place.rerank(["doctor"]), 0).stdout).toContain("version 0.0.1 runs");
  });

  test("without a socket, nothing is lent", async () => {
    const child = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", "--no-socket"], { cwd: place.folder, env: place.environment });
    onTestFinished(() => void child.kill("SIGKILL"));
    let out = "";
    child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
    await until(() => out.includes("\n"));
    expect(expectExit(await place.rerank(["doctor"]), 0).stdout).toMatch(/server +no server lends its models/);
  });
});
