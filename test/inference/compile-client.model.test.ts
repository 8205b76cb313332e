import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { openQwen3Embedder } from "../../src/engine/qwen3/open-qwen3-embedder.ts";
import { compileInChild, verifyInChild } from "../../src/inference/compile-client.ts";
import type { CompileReport, CompileRequest } from "../../src/ports/model-compiler.ts";
import { compiledSpec } from "../support/compiled-qwen3.ts";
import { compilersOf, isAlive, until } from "../support/inference-processes.ts";
import { SMALL_DISK_SKIP, smallDisk } from "../support/small-disk.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { TINY, tinyDecoder } from "../support/tiny-decoder.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

const checkpointFolder = tinyDecoder();
const CLIENT = fileURLToPath(new URL("../../dist/inference/compile-client.js", import.meta.url));
const FILES = ["golden.json", "graph.onnx", "report.json", "weights.bin"];

let request: CompileRequest;
beforeEach(() => {
  request = { role: "embedder", precision: "int8", checkpointFolder, compiledFolder: join(tempFolder(), "models", "0123-embedder-int8-e1") };
});

/** What lies where compiled models do. */
const besides = ({ compiledFolder }: CompileRequest): string[] => (existsSync(dirname(compiledFolder)) ? readdirSync(dirname(compiledFolder)) : []);

async function expectUsable({ compiledFolder, checkpointFolder: checkpoint }: CompileRequest, report: CompileReport): Promise<void> {
  expect(readdirSync(compiledFolder).toSorted()).toEqual(FILES);
  const embedder = await openQwen3Embedder(compiledSpec(checkpoint, compiledFolder, report));
  expect((await embedder.embed("a kettle", { use: "query", textNumber: 1 })).vector).toHaveLength(TINY.hidden_size);
}

describe("compiling in a process of its own", () => {
  test("brings the folder, the report and the progress, and leaves nothing beside it", async () => {
    const shares: number[] = [];
    const report = await compileInChild(request, { onProgress: ({ share }) => shares.push(share) });
    expect(JSON.parse(readFileSync(join(request.compiledFolder, "report.json"), "utf8"))).toEqual(report);
    expect(shares[0]).toBe(0);
    expect(shares.length).toBeGreaterThan(3);
    expect(besides(request)).toEqual(["0123-embedder-int8-e1"]);
    expect(compilersOf(process.pid)).toEqual([]);
    await expectUsable(request, report);
  });

  test("tells what the compilation has to say", async () => {
    const notices: string[] = [];
    await compileInChild({ ...request, role: "reranker", precision: "int4" }, { onNotice: (line) => notices.push(line) });
    expect(notices).toEqual([expect.stringMatching(/^int4 changes this model's answers/)]);
  });

  test("takes the place of an older one when it is complete, and not before", async () => {
    mkdirSync(request.compiledFolder, { recursive: true });
    writeFileSync(join(request.compiledFolder, "report.json"), "an older one");
    const controller = new AbortController();
    const aborted = compileInChild(request, { signal: controller.signal, onProgress: () => controller.abort(new Error("enough")) });
    await expect(aborted).rejects.toThrow("enough");
    expect(readFileSync(join(request.compiledFolder, "report.json"), "utf8")).toBe("an older one");
    await expectUsable(request, await compileInChild(request));
  });

  test("gives the checkpoint's faults as they are, with their hints", async () => {
    const damaged = tinyDecoder({ tokenizer: false });
    truncateSync(join(damaged, "model.safetensors"), 2_000_000);
    const { message, hint } = await userRejectionOf(compileInChild({ ...request, checkpointFolder: damaged }));
    expect(message).toMatch(/model\.safetensors is damaged: .* the download is incomplete/);
    expect(hint).toContain("download the model again");
    expect(besides(request)).toEqual([]);
  });
});

describe("a compilation that is interrupted", () => {
  test("by its caller ends with the reason: no process, no folder", async () => {
    for (const abortedAt of [0, 2]) {
      const controller = new AbortController();
      const reason = new Error(`Ctrl-C at ${abortedAt}`);
      if (abortedAt === 0) controller.abort(reason);
      let seen = 0;
      const onProgress = (): void => {
        seen += 1;
        if (seen === abortedAt) controller.abort(reason);
      };
      await expect(compileInChild(request, { signal: controller.signal, onProgress })).rejects.toBe(reason);
      expect(compilersOf(process.pid)).toEqual([]);
      expect(besides(request)).toEqual([]);
    }
  });

  test("by the death of its process leaves nothing that could be used, wherever it was, and the next one works", async () => {
    for (const step of [/^measuring, layer 1/, /^checking, layer 2/, /^writing, layer 2/]) {
      const onProgress = (progress: { readonly step: string }): void => {
        if (step.test(progress.step)) for (const id of compilersOf(process.pid)) process.kill(id, "SIGKILL");
      };
      const outcome = await compileInChild(request, { onProgress }).catch((error: unknown) => error as Error);
      // So small a model may be complete before the signal arrives.
      if (outcome instanceof Error) expect(outcome.message, String(step)).toMatch(/died \(signal SIGKILL\)/);
      else await expectUsable(request, outcome);
      expect(besides(request).filter((name) => name.includes("partial"))).toEqual([]);
    }
    await expectUsable(request, await compileInChild(request));
  });

  test("together with its parent goes with the next one, and its process ends by itself", async () => {
    const script = `
      const { compileInChild } = await import(${JSON.stringify(pathToFileURL(CLIENT).href)});
      await compileInChild(${JSON.stringify(request)}, { onProgress: ({ step }) => console.log(step) });
    `;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => parent.stdout.once("data", resolve));
    const [compiler = 0] = compilersOf(parent.pid ?? 0);
    parent.kill("SIGKILL");
    expect(compiler).toBeGreaterThan(0);
    await until(() => !isAlive(compiler));
    expect(besides(request)).toEqual([expect.stringContaining(".partial-")]);
    const report = await compileInChild(request);
    expect(besides(request)).toEqual(["0123-embedder-int8-e1"]);
    await expectUsable(request, report);
  });

  test("leaves the parts of other models alone", async () => {
    const { pid: dead } = spawnSync(process.execPath, ["-e", ""]);
    const others = [`0123-embedder-int4-e1.partial-${dead}`, "4567-embedder-int8-e1"];
    for (const name of others) mkdirSync(join(dirname(request.compiledFolder), name), { recursive: true });
    mkdirSync(`${request.compiledFolder}.partial-${dead}`);
    await compileInChild({ ...request, precision: "fp32" });
    expect(besides(request).toSorted()).toEqual([others[0], "0123-embedder-int8-e1", others[1]]);
  });
});

test("a compilation that was stopped for longer than its lock lasts keeps what another process has made meanwhile", async () => {
  const theirs = await compileInChild({ ...request, compiledFolder: `${request.compiledFolder}-theirs` });
  const onProgress = (): void => {
    if (!existsSync(request.compiledFolder)) renameSync(`${request.compiledFolder}-theirs`, request.compiledFolder);
  };
  expect(await compileInChild(request, { onProgress })).toEqual(theirs);
  expect(besides(request)).toEqual(["0123-embedder-int8-e1"]);
  await expectUsable(request, theirs);
});

describe("a cache that cannot be written", () => {
  test.skipIf(SMALL_DISK_SKIP)("because its disk is full is named, and nothing stays that takes room (needs root on Linux)", async () => {
    await smallDisk(4096, async (disk) => {
      const full = { ...request, compiledFolder: join(disk, "models", "a") };
      const { message, hint } = await userRejectionOf(compileInChild(full));
      expect(message).toMatch(/^the disk is full: .*weights\.bin cannot be written$/);
      expect(hint).toContain("XDG_CACHE_HOME");
      expect(besides(full)).toEqual([]);
    });
  });

  test.skipIf(SMALL_DISK_SKIP)("because it is read-only is named (needs root on Linux)", async () => {
    await smallDisk(64, async (disk) => {
      execFileSync("/bin/mount", ["-o", "remount,ro", disk]);
      const { message, hint } = await userRejectionOf(compileInChild({ ...request, compiledFolder: join(disk, "models", "a") }));
      expect(message).toMatch(/^the model cannot be compiled into .*models\/a: /);
      expect(hint).toMatch(/permissions.*XDG_CACHE_HOME/);
    });
  });

  test("because a file is in its way is named", async () => {
    writeFileSync(dirname(request.compiledFolder), "a file");
    expect((await userRejectionOf(compileInChild(request))).message).toContain("the model cannot be compiled into");
    expect(statSync(dirname(request.compiledFolder)).isFile()).toBe(true);
  });
});

describe("verifying in a process of its own", () => {
  test("gives the table of golden texts, ends when it is aborted, and names what is broken", async () => {
    const report = await compileInChild(request);
    const spec = compiledSpec(checkpointFolder, request.compiledFolder, report);
    const table = await verifyInChild(spec);
    await expect(verifyInChild(spec, { signal: AbortSignal.timeout(30) })).rejects.toThrow(/timeout/);
    expect(table).toHaveLength(6);
    for (const { text, expected, found, passed } of table) {
      expect([text === "", expected, passed]).toEqual([false, 1, true]);
      expect(found).toBeGreaterThan(0.998);
    }
    const weights = join(request.compiledFolder, "weights.bin");
    writeFileSync(weights, Buffer.alloc(statSync(weights).size, 0xff));
    const { message, hint } = await userRejectionOf(verifyInChild(spec));
    expect(message).toBe("synthetic-embedder fails its self-test: it answers NaN or infinity");
    expect(hint).toBeDefined();
    expect(compilersOf(process.pid)).toEqual([]);
  });
});
