import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCompileReport } from "../../dist/engine/qwen3/compile-report.js";
import { compileInChild } from "../../dist/inference/compile-client.js";
import { COMPILED_GRAPH_FILE, COMPILE_REPORT_FILE } from "../../dist/ports/model-compiler.js";

/**
 * @typedef {import("../../dist/domain/model-spec.js").ModelRole} ModelRole
 * @typedef {import("../../dist/domain/model-spec.js").Qwen3Precision} Precision
 * @typedef {import("../../dist/domain/model-spec.js").Qwen3Spec} Qwen3Spec
 * @typedef {import("../../dist/ports/model-compiler.js").CompileReport} CompileReport
 */

const ENGINE = fileURLToPath(new URL("../../dist/engine/qwen3", import.meta.url));
/** Above every text of the benches. */
const MAX_TOKENS = 4096;

/** Tells checkpoints apart without reading gigabytes. @param {string} folder */
export function checkpointKey(folder) {
  const hash = createHash("sha256").update(readFileSync(join(folder, "config.json")));
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".safetensors")).toSorted()) {
    const { size, mtimeMs } = statSync(join(folder, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 12);
}

/**
 * A checkpoint in one role and precision, compiled by the code in dist/ as it is now: graphs of other code are removed.
 *
 * @param {{ workFolder: string, checkpointFolder: string, role: ModelRole, precision: Precision, threads: number, onNotice: (line: string) => void }} request
 * @returns {Promise<{ spec: Qwen3Spec, report: CompileReport }>}
 */
export async function openCompiled({ workFolder, checkpointFolder, role, precision, threads, onNotice }) {
  const models = join(workFolder, "compiled", checkpointKey(checkpointFolder));
  const kind = `${role}-${precision}-`;
  const folder = join(models, kind + engineDigest());
  if (!existsSync(join(folder, COMPILE_REPORT_FILE))) {
    for (const old of existsSync(models) ? readdirSync(models).filter((name) => name.startsWith(kind)) : []) rmSync(join(models, old), { recursive: true });
    onNotice(`compiling the ${role} in ${precision}`);
    await compileInChild({ role, checkpointFolder, precision, compiledFolder: folder }, { threads, onNotice });
  }
  const report = readCompileReport(folder);
  return { spec: specOf(checkpointFolder, folder, report), report };
}

/** @param {string} checkpointFolder @param {string} folder @param {CompileReport} report @returns {Qwen3Spec} */
function specOf(checkpointFolder, folder, { role, precision, dimensions, sizeBytes, contextTokens }) {
  return {
    family: "qwen3",
    role,
    id: `bench-${role}`,
    revision: "bench",
    precision,
    source: "folder",
    folder: checkpointFolder,
    graphPath: join(folder, COMPILED_GRAPH_FILE),
    maxTokens: Math.min(MAX_TOKENS, contextTokens),
    dimensions,
    readsInstruction: true,
    promptSeparator: "\n",
    licence: "none",
    sizeBytes,
    fingerprint: `bench-${role}-${precision}`,
  };
}

function engineDigest() {
  const hash = createHash("sha256");
  for (const name of readdirSync(ENGINE).filter((file) => file.endsWith(".js")).toSorted()) hash.update(readFileSync(join(ENGINE, name)));
  return hash.digest("hex").slice(0, 12);
}
