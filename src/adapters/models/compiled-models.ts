import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import { QWEN3_PRECISIONS, type ModelRole, type Qwen3Precision } from "../../domain/model-spec.ts";
import { COMPILED_GRAPH_FILE, COMPILED_WEIGHTS_FILE, COMPILE_REPORT_FILE, ENGINE_VERSION, type CompileReport } from "../../ports/model-compiler.ts";
import { ROLES } from "./model-card.ts";
import { readJsonFile } from "./read-json-file.ts";

/** A checkpoint, by what tells it from others. */
export interface CheckpointKey {
  /** "owner/name" of the hub; the folder's name is taken where there is none. */
  readonly repo: string | undefined;
  readonly folder: string;
  readonly revision: string;
}

/** Where the graph of a checkpoint belongs: `<root>/<owner--name>/<revision>-<role>-<precision>-e<engine>`. */
export function compiledModelFolder(root: string, { repo, folder, revision }: CheckpointKey, role: ModelRole, precision: Qwen3Precision): string {
  const name = (repo?.replace("/", "--") ?? nameOf(folder)).replaceAll(/[^\p{L}\p{M}\p{N}_.-]+/gu, "-");
  // "-" for a folder called "???", and for a disk's root nothing at all.
  return join(root, /[\p{L}\p{N}]/u.test(name) ? name : "local", `${revision.slice(0, 16)}-${role}-${precision}-e${ENGINE_VERSION}`);
}

/** The halves of a pair's folder are told apart from those of other pairs. */
function nameOf(folder: string): string {
  const name = basename(folder);
  return ROLES.some((role) => role === name) ? `${basename(dirname(folder))}-${name}` : name;
}

/** The precisions in which a checkpoint has been compiled for a role. */
export function compiledPrecisions(root: string, key: CheckpointKey, role: ModelRole): Qwen3Precision[] {
  return QWEN3_PRECISIONS.filter((precision) => findCompileReport(compiledModelFolder(root, key, role, precision)) !== undefined);
}

/** `undefined` where no complete graph of this engine version lies, or a file of it was cut short: it is compiled anew then. */
export function findCompileReport(folder: string): CompileReport | undefined {
  if (!existsSync(join(folder, COMPILE_REPORT_FILE))) return undefined;
  try {
    const report = readJsonFile(join(folder, COMPILE_REPORT_FILE));
    const isWhole =
      report["engineVersion"] === ENGINE_VERSION &&
      QWEN3_PRECISIONS.includes(report["precision"] as Qwen3Precision) &&
      ["dimensions", "contextTokens"].every((field) => Number.isSafeInteger(report[field])) &&
      typeof report["choicesDigest"] === "string" &&
      report["sizeBytes"] === compiledBytes(folder);
    return isWhole ? (report as unknown as CompileReport) : undefined;
  } catch (error) {
    // Damaged: as good as none.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Graph and weights; `undefined` where one of them is missing. */
function compiledBytes(folder: string): number | undefined {
  const [graph, weights] = [COMPILED_GRAPH_FILE, COMPILED_WEIGHTS_FILE].map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size);
  return graph === undefined || weights === undefined ? undefined : graph + weights;
}

/** SHA-256 (hex) over values that JSON can write. */
export function digestOf(values: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("hex");
}
