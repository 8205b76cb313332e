import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { ModelRole, Qwen3Precision, Qwen3Spec } from "../../src/domain/model-spec.ts";
import { compileCheckpoint } from "../../src/engine/qwen3/compile-checkpoint.ts";
import { COMPILED_GRAPH_FILE, type CompileReport } from "../../src/ports/model-compiler.ts";

export interface CompiledModel {
  readonly spec: Qwen3Spec;
  readonly report: CompileReport;
  /** What the compilation said on the way. */
  readonly notices: readonly string[];
}

const compilations = new Map<string, Promise<CompiledModel>>();
let runFolder: string | undefined;

/** A checkpoint compiled in this process, once per test file, role and precision. Do not change what is in its folder. */
export function compiledModel(checkpointFolder: string, role: ModelRole, precision: Qwen3Precision = "fp32"): Promise<CompiledModel> {
  const key = JSON.stringify([checkpointFolder, role, precision]);
  const known = compilations.get(key);
  if (known !== undefined) return known;
  runFolder ??= realpathSync(mkdtempSync(join(tmpdir(), "rerank-compiled-")));
  const folder = join(runFolder, `${role}-${precision}-${compilations.size}`);
  mkdirSync(folder);
  const compilation = compile(checkpointFolder, role, precision, folder);
  compilations.set(key, compilation);
  return compilation;
}

afterAll(() => {
  if (runFolder !== undefined) rmSync(runFolder, { recursive: true, force: true });
  runFolder = undefined;
  compilations.clear();
});

async function compile(checkpointFolder: string, role: ModelRole, precision: Qwen3Precision, folder: string): Promise<CompiledModel> {
  const notices: string[] = [];
  const report = await compileCheckpoint({ role, checkpointFolder, precision }, folder, { onNotice: (line) => notices.push(line) });
  return { spec: compiledSpec(checkpointFolder, folder, report), report, notices };
}

/** What a locator says of a compiled folder; `more` is for other limits and Matryoshka sizes. */
export function compiledSpec(checkpointFolder: string, compiledFolder: string, { role, precision, dimensions, sizeBytes }: CompileReport, more: Partial<Qwen3Spec> = {}): Qwen3Spec {
  return {
    family: "qwen3",
    role,
    id: `synthetic-${role}`,
    revision: "test",
    precision,
    source: "folder",
    folder: checkpointFolder,
    graphPath: join(compiledFolder, COMPILED_GRAPH_FILE),
    maxTokens: 2048,
    dimensions,
    readsInstruction: true,
    promptSeparator: "\n",
    licence: "Apache-2.0",
    sizeBytes,
    fingerprint: `synthetic-${role}-${precision}`,
    ...more,
  };
}
