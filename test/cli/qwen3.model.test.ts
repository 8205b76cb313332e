import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHubServer } from "../support/hub-server.ts";
import { TWO_LAYERS, writeSyntheticCheckpoint, type SyntheticOptions } from "../support/synthetic-checkpoint.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { createWorkplace, expectExit, expectUserError, type Run, type Workplace } from "./support/workplace.ts";

const EMBEDDER = "Qwen/Qwen3-Embedding-0.6B";
const RERANKER = "Qwen/Qwen3-Reranker-0.6B";

let place: Workplace;

beforeAll(() => {
  place = createWorkplace({ "docs/a.md": "# Apples\n\nApples keep for months in a cool cellar.\n", "docs/b.md": "# Eggs\n\nBoil the eggs for six minutes.\n" });
});
afterAll(() => place.remove());

/** `rerank models pull`, from a hub that has one repository. */
async function pullFrom(repo: string, options: SyntheticOptions, args: readonly string[]): Promise<Run> {
  const folder = tempFolder();
  writeSyntheticCheckpoint(folder, TWO_LAYERS, options);
  const names = readdirSync(folder);
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
  const hub = await startHubServer({ repo, files, largeFiles: names.filter((name) => name.endsWith(".safetensors")) });
  try {
    return await place.rerank(["models", "pull", ...args], { env: { HF_HUB_OFFLINE: "", HF_ENDPOINT: hub.endpoint } });
  } finally {
    await hub.close();
  }
}

describe("Qwen3 from the hub", () => {
  test("is brought, compiled, and told of in one line", async () => {
    const { stdout, stderr } = expectExit(await pullFrom(EMBEDDER, {}, ["qwen3-embedding-0.6b"]), 0);
    expect(stderr).toContain(`rerank: ${EMBEDDER} (licence: Apache-2.0)`);
    expect(stderr).toContain("rerank: compiling the embedder of qwen3-embedding-0.6b to int8");
    expect(stdout).toMatch(/^Qwen\/Qwen3-Embedding-0\.6B [0-9a-f]{8} is in \/.*\nqwen3-embedding-0\.6b:int8: \w+.*, [\d.]+ MB in .*\n$/);
  });

  test("one half of a pair comes alone, in shards and another precision, as JSON", async () => {
    const { stdout } = expectExit(await pullFrom(RERANKER, { shards: 2 }, ["qwen3-0.6b:fp32", "--role", "reranker", "--json"]), 0);
    const [brought, compiled] = stdout.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(brought).toMatchObject({ repo: RERANKER });
    expect(compiled).toMatchObject({ id: "qwen3-reranker-0.6b:fp32", role: "reranker", precision: "fp32", engineVersion: expect.any(Number) });
    expect(existsSync(join(String(compiled?.["folder"]), "graph.onnx"))).toBe(true);
  });

  test("the list tells what is compiled", async () => {
    const { stdout } = expectExit(await place.rerank(["models", "list"]), 0);
    expect(stdout).toMatch(/qwen3-embedding-0\.6b +int8 compiled/);
    expect(stdout).toMatch(/qwen3-reranker-0\.6b +fp32 compiled/);
    expect(stdout).toMatch(/qwen3-reranker-4b +not here/);
  });

  test("an index keeps the length of its vectors and the tokens that are read; a reranker that is not compiled yet is, when a search wants it", async () => {
    const indexed = expectExit(await place.rerank(["index", "docs", "--models", "qwen3-0.6b", "--dimensions", "32", "--embed-tokens", "512"]), 0);
    expect(indexed.stderr).not.toContain("compiling");
    const { stdout, stderr } = expectExit(await place.rerank(["search", "apples in a cellar", "--json"]), 0);
    expect(stderr).toContain("compiling the reranker of qwen3-reranker-0.6b to int8: this takes minutes, once");
    const result = JSON.parse(stdout) as { models: unknown; results: { relevance: number }[] };
    expect(result.models).toMatchObject({ embedder: { id: "qwen3-embedding-0.6b:int8" }, reranker: { id: "qwen3-reranker-0.6b:int8" } });
    expect(result.results).toHaveLength(2);
    expect((await place.rerank(["status", "--json"])).stdout).toContain('"dimensions": 32');
    // The index's cut holds for every later run that does not ask for another one.
    expect(expectExit(await place.rerank(["index"]), 0).stdout + indexed.stdout).toContain("2 unchanged");
    expectUserError(await place.rerank(["index", "--dimensions", "48"]), "vectors of 32 numbers, not 48", /--rebuild/);
    expectUserError(await place.rerank(["search", "eggs", "--embed-tokens", "600"]), "an embedder that reads 512 tokens of a text, not 600", "leave --embed-tokens out");
    expectUserError(await place.rerank(["index", "--dimensions", "65", "--rebuild"]), /32 to 64 numbers, not 65/, /--dimensions/);
  });

  test("another precision for a search is the reranker's alone", async () => {
    const { stdout } = expectExit(await place.rerank(["search", "eggs", "--precision", "fp32", "--prompt-separator", "blank-line", "--rerank-tokens", "512", "--json"]), 0);
    expect(JSON.parse(stdout)).toMatchObject({ models: { embedder: { precision: "int8" }, reranker: { precision: "fp32" } } });
  });

  test("is what a new index gets unasked, once both halves are compiled", async () => {
    place.write({ "other/notes.md": "# Bread\n\nKnead the dough for ten minutes.\n" });
    const { stderr } = expectExit(await place.rerank(["index", ".", "--index", "./.rerank"], { cwd: "other" }), 0);
    expect(stderr).toContain("using the models that are compiled here, qwen3-embedding-0.6b");
  });
});

describe("rerank models verify", () => {
  test("shows every answer beside the exact one, and what the compilation says of itself", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["models", "verify", "qwen3-embedding-0.6b"]), 0);
    expect(stderr).toBe("rerank: verifying qwen3-embedding-0.6b:int8 on cpu\n");
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("qwen3-embedding-0.6b:int8 · embedder on cpu");
    expect(lines.filter((line) => /^passed +1\.00000 +0\.99\d{3} {2}\S/.test(line))).toHaveLength(6);
    expect(lines.at(-2)).toBe("all 6 passed");
    expect(lines.at(-1)).toMatch(/^int8, [\d.]+ MB, compiled in .*: 14 matrices in .*; cosine to fp32 at least 0\.99\d+$/);
  });

  test("takes one half of a pair though the other is not here; an answer that is not the exact one gives exit code 1, in JSON too", async () => {
    const args = ["models", "verify", "qwen3-0.6b:fp32", "--role", "reranker", "--json"];
    const whole = expectExit(await place.rerank(args), 0);
    const { models } = JSON.parse(whole.stdout) as { models: { folder: string }[] };
    expect(models).toMatchObject([{ id: "qwen3-reranker-0.6b:fp32", role: "reranker", device: "cpu", passed: true, report: { precision: "fp32", matrices: { fp32: 14 } } }]);
    const golden = join(models[0]?.folder ?? "", "golden.json");
    const { logits } = JSON.parse(readFileSync(golden, "utf8")) as { logits: number[] };
    writeFileSync(golden, JSON.stringify({ logits: logits.map((logit, position) => (position === 2 ? -logit - 1 : logit)) }));
    const damaged = JSON.parse(expectExit(await place.rerank(args), 1).stdout) as { models: { comparisons: { passed: boolean }[] }[] };
    writeFileSync(golden, JSON.stringify({ logits }));
    expect(damaged).toMatchObject({ version: 1, passed: false });
    expect(damaged.models[0]?.comparisons.map(({ passed }) => passed)).toEqual([true, true, false, true, true, true]);
    expectUserError(await place.rerank(["models", "verify", "qwen3-8b"]), /qwen3-embedding-8b is not on this machine/, /rerank models pull/);
  });

  test("refuses what it has no exact answers for, and what is no action or role", async () => {
    expectUserError(await place.rerank(["models", "verify", "mini"]), "mini names no Qwen3 model", "rerank doctor");
    expectUserError(await place.rerank(["models", "verify", "qwen3-embedding-0.6b", "--role", "reranker"]), "names no Qwen3 reranker", "rerank doctor");
    expectUserError(await place.rerank(["models", "verify"]), "models verify needs a name", "rerank models list");
    expectUserError(await place.rerank(["models", "verify", "mini", "--role", "both"]), '"both" is no role', "--role embedder");
    expectUserError(await place.rerank(["models", "test", "mini"]), "there is no `rerank models test`", "list, pull or verify");
  });
});

describe("a Qwen3 checkpoint of one's own", () => {
  test("is compiled by the first command that needs it; two at once share the work", async () => {
    const folder = place.path("tuned-reranker");
    writeSyntheticCheckpoint(folder, TWO_LAYERS, {});
    const args = ["rank", "eggs", "--models", "mini", "--reranker", "./tuned-reranker", "--lines"];
    const runs = await Promise.all([1, 2].map(() => place.rerank(args, { stdin: "boil eggs\nred apples\n" })));
    for (const run of runs) expect(expectExit(run, 0).stdout.split("\n").sort()).toEqual(["", "boil eggs", "red apples"]);
    expect(runs[0]?.stdout).toBe(runs[1]?.stdout);
    expect(runs.filter(({ stderr }) => stderr.includes(`rerank: compiling the reranker of ${folder} to`))).toHaveLength(1);
  });

  test("that is damaged is the user's error, before anything is compiled", async () => {
    const folder = place.path("broken");
    writeSyntheticCheckpoint(folder, TWO_LAYERS, { shards: 2, tokenizer: false });
    expectUserError(await place.rerank(["rank", "x", "--reranker", "./broken"], { stdin: "y\n" }), /broken has no tokenizer\.json/, /copy it/);
    writeSyntheticCheckpoint(folder, TWO_LAYERS, { shards: 2 });
    rmSync(join(folder, "model-00001-of-00002.safetensors"));
    expectUserError(await place.rerank(["rank", "x", "--reranker", "./broken"], { stdin: "y\n" }), /broken lacks model-00001-of-00002\.safetensors/, /copy it/);
  });

  test("is verified against its own weights; a graph that gives the same answer for everything is an error with its cause", async () => {
    const { stdout } = expectExit(await place.rerank(["models", "verify", "./tuned-reranker", "--role", "reranker"]), 0);
    expect(stdout).toContain("\nall 6 passed\n");
    const zeros = (name: string, values: Float32Array): Float32Array => (name === "model.norm.weight" ? values.fill(0) : values);
    writeSyntheticCheckpoint(place.path("rerank-zeros"), TWO_LAYERS, { change: zeros });
    const broken = await place.rerank(["models", "verify", "./rerank-zeros:fp32"]);
    expectExit(broken, 2);
    expect(broken.stdout).toBe("");
    expect(broken.stderr).toMatch(/rerank: .*rerank-zeros:fp32 fails its self-test: it finds pairs that fit and pairs that do not alike/);
  });

  test("is not compiled by doctor, which says how to", async () => {
    writeSyntheticCheckpoint(place.path("fresh"), TWO_LAYERS, { config: { rope_theta: 1e5 } });
    const { stdout } = expectExit(await place.rerank(["doctor", "--models", "./fresh"]), 2);
    expect(stdout).toMatch(/fresh:int8 is on this machine and not compiled yet/);
    expect(stdout).toMatch(/rerank models pull .*fresh/);
  });
});
