import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, renameSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { ModelLoadFailed, ModelProcessDied } from "../../src/domain/errors.ts";
import { type Inference, startInference } from "../../src/inference/inference-client.ts";
import { inferenceProcessesOf, isAlive, until } from "../support/inference-processes.ts";
import { miniEmbedderSpec, miniRerankerSpec } from "../support/mini-specs.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { tinyEmbedderSpec } from "../support/tiny-bert-specs.ts";

const PASSAGE = "The kettle boils water. Descale it with citric acid once a month, then rinse it twice. ";
// More than one slice of 64 texts, and more than are judged while `ps` looks for the process.
const TEXTS = Array.from({ length: 140 }, (_, i) => `${i} ${PASSAGE}`);

let inference: Inference | undefined;

afterEach(async () => {
  await inference?.close();
  inference = undefined;
});

function killChild(signal: NodeJS.Signals): void {
  for (const pid of inferenceProcessesOf(process.pid)) process.kill(pid, signal);
}

// `ps` is asked for the children.
describe.skipIf(process.platform === "win32")("when the inference process dies", () => {
  test("a request goes on in a new process: complete, nothing delivered twice, with one notice", async () => {
    const notices: string[] = [];
    let deaths = 0;
    inference = startInference({ reranker: miniRerankerSpec, onNotice: (line) => notices.push(line), onDeath: () => (deaths += 1) });
    const expected = await inference.reranker.score("kettle", TEXTS);
    const positions: number[] = [];
    const judgments = await inference.reranker.score("kettle", TEXTS, {
      onJudgment(position) {
        positions.push(position);
        if (position === 66) killChild("SIGKILL");
      },
    });
    expect(judgments).toEqual(expected);
    expect(positions).toEqual(TEXTS.map((_, i) => i));
    expect(notices).toEqual([expect.stringMatching(/died \(signal SIGKILL\); it is started again/)]);
    expect(deaths).toBe(1);
  });

  test("a second death in the same request is an error that names the signal and a remedy", async () => {
    const notices: string[] = [];
    let deaths = 0;
    inference = startInference({ embedder: miniEmbedderSpec, onNotice: (line) => notices.push(line), onDeath: () => (deaths += 1) });
    const request = inference.embedder.embedPassages(TEXTS, {
      onProgress(done) {
        if (done === 5 || done === 30) killChild("SIGKILL");
      },
    });
    const error = await request.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelProcessDied);
    expect(deaths).toBe(2);
    expect((error as ModelProcessDied).message).toMatch(/the inference process died \(signal SIGKILL\)/);
    expect((error as ModelProcessDied).hint).toMatch(/memory/);
    expect(notices).toHaveLength(1);
    // The next request gets a process of its own, and its own second chance.
    expect(await inference.embedder.embedPassages(["again"])).toHaveLength(1);
  });

  test("two deaths before the models are loaded reject whoever waits for them", async () => {
    inference = startInference({ embedder: miniEmbedderSpec });
    const loaded = inference.loaded("embedder").catch((reason: unknown) => reason);
    const [first] = inferenceProcessesOf(process.pid);
    killChild("SIGKILL");
    await until(() => inferenceProcessesOf(process.pid).some((pid) => pid !== first));
    killChild("SIGKILL");
    const error = await loaded;
    expect(error).toBeInstanceOf(ModelProcessDied);
    expect((error as ModelProcessDied).message).toMatch(/died \(signal SIGKILL\) while mini loaded: the machine may have run out of memory/);
    expect((error as ModelProcessDied).hint).toMatch(/smaller model/);
  });

  test("for want of memory it is not started again: the next one would end in the same way", async () => {
    const { NODE_OPTIONS: usual = "" } = process.env;
    const notices: string[] = [];
    process.env["NODE_OPTIONS"] = `${usual} --max-old-space-size=16`;
    try {
      inference = startInference({ embedder: miniEmbedderSpec, onNotice: (line) => notices.push(line) });
    } finally {
      process.env["NODE_OPTIONS"] = usual;
    }
    const error = await inference.embedder.embedPassages(["kettle"]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelProcessDied);
    expect((error as ModelProcessDied).message).toMatch(/run out of memory; it said: FATAL ERROR: .*heap out of memory \| /);
    await expect(inference.loaded("embedder")).rejects.toBe(error);
    expect(notices).toEqual([]);
  });

  test("an idle process that died is told at once, and replaced when something is asked", async () => {
    let deaths = 0;
    inference = startInference({ embedder: miniEmbedderSpec, onDeath: () => (deaths += 1) });
    await inference.loaded("embedder");
    killChild("SIGKILL");
    await until(() => deaths === 1);
    expect(await inference.embedder.countTokens(["kettle"])).toHaveLength(1);
    expect(deaths).toBe(1);
  });

  test("and is not replaced to be measured; a model that cannot be loaded again is told as such, by the load as well", async () => {
    const folder = tempFolder();
    cpSync(tinyEmbedderSpec.folder, folder, { recursive: true });
    const graphPath = join(folder, relative(tinyEmbedderSpec.folder, tinyEmbedderSpec.graphPath));
    let deaths = 0;
    inference = startInference({ embedder: { ...tinyEmbedderSpec, folder, graphPath }, onDeath: () => (deaths += 1) });
    await inference.loaded("embedder");
    expect(await inference.memoryBytes()).toBeGreaterThan(0);
    killChild("SIGKILL");
    await until(() => deaths === 1);
    await expect(inference.memoryBytes()).rejects.toThrow("no inference process runs");
    expect(inferenceProcessesOf(process.pid)).toEqual([]);
    renameSync(graphPath, `${graphPath}.gone`);
    await expect(inference.embedder.embedPassages(["kettle"])).rejects.toBeInstanceOf(ModelLoadFailed);
    await expect(inference.loaded("embedder")).rejects.toBeInstanceOf(ModelLoadFailed);
  });

  test("a request that is sent in the moment of a kill is answered, by the next process", async () => {
    inference = startInference({ embedder: miniEmbedderSpec, reranker: miniRerankerSpec });
    await inference.loaded("reranker");
    const expected = await inference.reranker.score("kettle", TEXTS.slice(0, 2));
    killChild("SIGKILL");
    expect(await inference.reranker.score("kettle", TEXTS.slice(0, 2))).toEqual(expected);
  });

  test("Ctrl-C and a closing terminal, which reach the whole group, do not end it", async () => {
    const notices: string[] = [];
    inference = startInference({ embedder: miniEmbedderSpec, onNotice: (line) => notices.push(line) });
    await inference.loaded("embedder");
    const embeddings = await inference.embedder.embedPassages(TEXTS.slice(0, 10), {
      onProgress(done) {
        if (done === 2) killChild("SIGINT");
        if (done === 4) killChild("SIGHUP");
      },
    });
    expect(embeddings).toHaveLength(10);
    expect(notices).toEqual([]);
  });

  test("a model that answers NaN is not taken for a death", async () => {
    inference = startInference({ embedder: tinyEmbedderSpec });
    const error = await inference.embedder.embedPassages(["poison"]).catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(/NaN/);
    expect(error).not.toBeInstanceOf(ModelProcessDied);
  });

  test("closing ends the process, which is no death", async () => {
    let deaths = 0;
    inference = startInference({ embedder: miniEmbedderSpec, onDeath: () => (deaths += 1) });
    await inference.loaded("embedder");
    const pids = inferenceProcessesOf(process.pid);
    expect(pids).toHaveLength(1);
    await inference.close();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(deaths).toBe(0);
  });
});

describe.skipIf(process.platform === "win32")("a program that uses inference", () => {
  const client = pathToFileURL(resolve(import.meta.dirname, "../../dist/inference/inference-client.js")).href;

  function run(body: string): ChildProcess {
    const script = `
      import { startInference } from ${JSON.stringify(client)};
      const inference = startInference(${JSON.stringify({ embedder: miniEmbedderSpec, reranker: miniRerankerSpec })});
      ${body}`;
    return spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  }

  async function outputOf(program: ChildProcess): Promise<{ output: string; code: unknown }> {
    let output = "";
    program.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    const [code] = (await once(program, "close")) as [unknown];
    return { output, code };
  }

  test("ends by itself when it forgot to close, after its answers", async () => {
    const program = run(`
      const { truncated } = await inference.embedder.embedQuery("kettle");
      const judgments = await inference.reranker.score("kettle", ["Descale the kettle.", "Bananas"]);
      process.stdout.write(JSON.stringify({ truncated, judged: judgments.length }));`);
    expect(await outputOf(program)).toEqual({ output: '{"truncated":false,"judged":2}', code: 0 });
  });

  test("ends by itself when it asked for nothing, and waits for a load that it awaits", async () => {
    expect(await outputOf(run(""))).toEqual({ output: "", code: 0 });
    const program = run(`await inference.loaded("reranker"); process.stdout.write("loaded"); await inference.close();`);
    expect(await outputOf(program)).toEqual({ output: "loaded", code: 0 });
  });

  test("takes the inference process with it when it is killed", async () => {
    const program = run(`
      await inference.loaded("reranker");
      process.stdout.write("ready");
      await inference.embedder.embedPassages(Array.from({ length: 5000 }, () => ${JSON.stringify(PASSAGE)}));`);
    await once(program.stdout as NodeJS.ReadableStream, "data");
    const pids = inferenceProcessesOf(program.pid ?? 0);
    expect(pids).toHaveLength(1);
    program.kill("SIGKILL");
    await until(() => !pids.some(isAlive));
  });
});
