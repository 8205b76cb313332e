import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onnxBytes, type GraphSketch } from "./onnx-bytes.ts";

export const TOKEN_VECTORS: GraphSketch = { outputs: { last_hidden_state: [null, null, 32] } };
export const LOGITS: GraphSketch = { outputs: { logits: [null, 1] } };

/** Writes files below a folder: objects as JSON, graphs as ONNX, text as it is. */
export function writeFolder(folder: string, files: Readonly<Record<string, string | object>>, graphs: Readonly<Record<string, GraphSketch>> = {}): string {
  const all = { "tokenizer.json": { version: "1.0" }, ...files };
  const contents = Object.entries(all).map(([path, content]) => [path, typeof content === "string" ? content : JSON.stringify(content)] as const);
  const graphContents = Object.entries(graphs).map(([path, sketch]) => [path, onnxBytes(sketch)] as const);
  for (const [path, content] of [...contents, ...graphContents]) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  return folder;
}
