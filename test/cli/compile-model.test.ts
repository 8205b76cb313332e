import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { talkingCompiler } from "../../src/cli/compile-model.ts";
import { UserError } from "../../src/domain/errors.ts";
import type { CompileRequest, ModelCompiler } from "../../src/ports/model-compiler.ts";
import type { CompileState } from "../../src/reporters/compile-progress.ts";
import { compileReport, writeCompiled } from "../support/qwen3-folders.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ID = "qwen3-reranker-0.6b";

let base: string;
let request: CompileRequest;
let notices: string[];

beforeEach(() => {
  base = tempFolder();
  const compiledFolder = join(base, "Qwen--Qwen3-Reranker-0.6B", "0123-reranker-int8-e1");
  request = { role: "reranker", checkpointFolder: base, precision: "int8", compiledFolder };
  notices = [];
});

const onNotice = (line: string): void => void notices.push(line);
const noNeeds = async (): Promise<void> => {};

test("says what is compiled, shows how far it is, and takes the view away", async () => {
  const states: CompileState[] = [];
  let stopped = 0;
  const compile: ModelCompiler["compile"] = async (asked, options) => {
    options?.onProgress?.({ step: "layer 1 of 28", share: 0.25 });
    writeCompiled(asked);
    return compileReport(asked);
  };
  const openProgress = () => ({ update: (state: CompileState) => void states.push(state), stop: () => void (stopped += 1) });
  await talkingCompiler(compile, { onNotice, openProgress })(request, noNeeds, ID);
  expect(notices).toEqual(["compiling the reranker of qwen3-reranker-0.6b to int8: this takes minutes, once"]);
  expect(states).toEqual([{ step: "layer 1 of 28", share: 0.25 }]);
  expect(stopped).toBe(1);
});

test("takes the progress away before it says anything in between", async () => {
  const said: string[] = [];
  const compile: ModelCompiler["compile"] = async (asked, options) => {
    options?.onProgress?.({ step: "checking", share: 0.7 });
    options?.onNotice?.("compiled in fp32 instead");
    writeCompiled(asked);
    return compileReport(asked);
  };
  const openProgress = () => ({ update: () => void said.push("progress"), stop: () => void said.push("cleared") });
  await talkingCompiler(compile, { onNotice: (line) => void said.push(line), openProgress })(request, noNeeds, ID);
  expect(said.slice(1)).toEqual(["progress", "cleared", "compiled in fp32 instead", "cleared"]);
});

test("of two that want the same model one compiles, and the other takes what it has made", async () => {
  let runs = 0;
  const compile: ModelCompiler["compile"] = async (asked) => {
    runs += 1;
    await new Promise((resolve) => setTimeout(resolve, 50));
    writeCompiled(asked);
    return compileReport(asked);
  };
  const both = talkingCompiler(compile, { onNotice });
  await Promise.all([both(request, noNeeds, ID), both(request, noNeeds, ID)]);
  expect(runs).toBe(1);
  expect(notices.some((line) => line.startsWith("waiting for another process, which is compiling the reranker of qwen3-reranker-0.6b"))).toBe(true);
});

test("one that only waits is not refused for the disk and memory that the working one takes", async () => {
  let isWorking = false;
  const compile: ModelCompiler["compile"] = async (asked) => {
    isWorking = true;
    await new Promise((resolve) => setTimeout(resolve, 50));
    writeCompiled(asked);
    return compileReport(asked);
  };
  const checkNeeds = async (): Promise<void> => {
    if (isWorking) throw new UserError("no memory is left");
  };
  const both = talkingCompiler(compile, { onNotice });
  await Promise.all([both(request, checkNeeds, ID), both(request, checkNeeds, ID)]);
  expect(isWorking).toBe(true);
});

test("nothing is compiled, and no lock stays, where the needs are not met", async () => {
  const compile: ModelCompiler["compile"] = async () => Promise.reject(new Error("was begun"));
  const failed = talkingCompiler(compile, { onNotice })(request, async () => Promise.reject(new UserError("no memory is left")), ID);
  await expect(failed).rejects.toThrow("no memory is left");
  expect(notices).toEqual([]);
  expect(existsSync(dirname(request.compiledFolder))).toBe(false);
});

test("what fails leaves no lock behind, and is told as it is", async () => {
  const damaged = new UserError("model.safetensors is cut short", { hint: "bring it again" });
  await expect(talkingCompiler(async () => Promise.reject(damaged), { onNotice })(request, noNeeds, ID)).rejects.toBe(damaged);
  expect(existsSync(`${request.compiledFolder}.lock`)).toBe(false);
});

test("a model that was compiled in another precision stays when this one fails", async () => {
  const other = { ...request, compiledFolder: request.compiledFolder.replace("int8", "fp32") };
  writeCompiled(other);
  await expect(talkingCompiler(async () => Promise.reject(new Error("no")), { onNotice })(request, noNeeds, ID)).rejects.toThrow();
  expect(existsSync(other.compiledFolder)).toBe(true);
});

test("of two that want the same model, the one that waited compiles where the first one failed", async () => {
  let runs = 0;
  const compile: ModelCompiler["compile"] = async (asked) => {
    runs += 1;
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (runs === 1) throw new Error("killed");
    writeCompiled(asked);
    return compileReport(asked);
  };
  const both = talkingCompiler(compile, { onNotice });
  const ends = await Promise.allSettled([both(request, noNeeds, ID), both(request, noNeeds, ID)]);
  expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("Ctrl-C ends it with the signal's reason", async () => {
  const controller = new AbortController();
  const compile: ModelCompiler["compile"] = async (_asked, options) => {
    controller.abort(new Error("interrupted"));
    options?.signal?.throwIfAborted();
    throw new Error("was not told");
  };
  await expect(talkingCompiler(compile, { onNotice, signal: controller.signal })(request, noNeeds, ID)).rejects.toThrow("interrupted");
});

test("a folder that cannot be made is the user's to mend", async () => {
  mkdirSync(base, { recursive: true });
  writeFileSync(join(base, "Qwen--Qwen3-Reranker-0.6B"), "a file in the way");
  const failed = talkingCompiler(async (asked) => compileReport(asked), { onNotice })(request, noNeeds, ID);
  await expect(failed).rejects.toThrow(UserError);
  await expect(failed).rejects.toThrow("cannot be compiled into");
});
