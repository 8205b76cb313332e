import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import { createOnnxSession, type OnnxSession } from "../../src/engine/onnx-session.ts";
import { tempFolder } from "./temp-folder.ts";

/** Loads a graph from its bytes and runs it once. */
export async function runGraph(bytes: Uint8Array, feedsOf: (ort: OnnxSession["ort"]) => Record<string, Tensor>, folder = tempFolder()): Promise<Record<string, Tensor>> {
  const graphPath = join(folder, "graph.onnx");
  writeFileSync(graphPath, bytes);
  const { ort, session } = await createOnnxSession({ graphPath });
  const outputs = await session.run(feedsOf(ort));
  return outputs as Record<string, Tensor>;
}
