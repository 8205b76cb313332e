import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMPILED_GRAPH_FILE, COMPILE_REPORT_FILE, ENGINE_VERSION, type CompileReport, type CompileRequest } from "../../src/ports/model-compiler.ts";
import { safetensorsBytes } from "./synthetic-checkpoint.ts";
import { writeFiles } from "./temp-folder.ts";

export const QWEN3_CONFIG = {
  architectures: ["Qwen3ForCausalLM"],
  model_type: "qwen3",
  hidden_size: 64,
  intermediate_size: 96,
  vocab_size: 100,
  max_position_embeddings: 32_768,
  torch_dtype: "bfloat16",
};

/** A valid file of weights: one tensor, filled with a byte that tells it from others. */
export function weights(fill = 1): Buffer {
  return Buffer.from(safetensorsBytes([{ name: "model.norm.weight", dtype: "BF16", shape: [64], bytes: () => Buffer.alloc(128, fill) }]));
}

/** The files of a checkpoint whose tensors nobody reads. */
export function checkpointFiles(fill = 1): Record<string, string | Buffer> {
  return { "config.json": JSON.stringify(QWEN3_CONFIG), "tokenizer.json": "{}", "tokenizer_config.json": "{}", "model.safetensors": weights(fill) };
}

/** The same in two shards. */
export function shardedFiles(): Record<string, string | Buffer> {
  const { "model.safetensors": _single, ...small } = checkpointFiles();
  const [first, second] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
  const index = { weight_map: { "model.norm.weight": first, "model.embed_tokens.weight": second } };
  return { ...small, "model.safetensors.index.json": JSON.stringify(index), [first]: weights(1), [second]: weights(2) };
}

export function writeCheckpoint(folder: string, more: Readonly<Record<string, string | object>> = {}, fill = 1): string {
  const extra = Object.entries(more).map(([path, content]) => [path, typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content)]);
  writeFiles(folder, { ...checkpointFiles(fill), ...Object.fromEntries(extra) });
  return folder;
}

export function compileReport(request: Pick<CompileRequest, "role" | "precision">, more: Partial<CompileReport> = {}): CompileReport {
  return {
    engineVersion: ENGINE_VERSION,
    role: request.role,
    requestedPrecision: request.precision,
    precision: request.precision,
    dimensions: request.role === "embedder" ? 64 : 0,
    contextTokens: 32_768,
    choicesDigest: `choices for ${request.precision}`,
    minCosine: request.role === "embedder" ? 0.99951 : null,
    maxRelevanceDifference: request.role === "embedder" ? null : 0.0042,
    kendallTau: request.role === "embedder" ? null : 0.998,
    matrices: [],
    seconds: 12,
    sizeBytes: 1000,
    ...more,
  };
}

/** What a compiler leaves behind. */
export function writeCompiled(request: CompileRequest, more: Partial<CompileReport> = {}): void {
  mkdirSync(request.compiledFolder, { recursive: true });
  writeFileSync(join(request.compiledFolder, COMPILED_GRAPH_FILE), "graph");
  writeFileSync(join(request.compiledFolder, "weights.bin"), Buffer.alloc(995));
  writeFileSync(join(request.compiledFolder, COMPILE_REPORT_FILE), JSON.stringify(compileReport(request, more)));
}

/** Puts a checkpoint into the hub's cache, as huggingface_hub does. */
export function cacheCheckpoint(cacheFolder: string, repo: string, commit: string, { fill = 1, isMain = true }: { readonly fill?: number; readonly isMain?: boolean } = {}): string {
  const folder = join(cacheFolder, `models--${repo.replace("/", "--")}`);
  if (isMain) writeFiles(folder, { "refs/main": commit });
  return writeCheckpoint(join(folder, "snapshots", commit), {}, fill);
}
