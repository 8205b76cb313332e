// The usual ONNX export in onnxruntime-node, as a program without an engine would run it: one JSON line on stdout.
//
//   node naive-side.js MODEL_ONNX TOKENIZER_FOLDER WORKLOAD_JSON THREADS
import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { measurePerItem, peakMemoryMb } from "../measure.js";
import { openTokenizer } from "../workload.js";

const YES = 9693;
const NO = 2152;

const [modelPath = "", tokenizerFolder = "", workloadPath = "", threads = "0"] = process.argv.slice(2);
const workload = JSON.parse(readFileSync(workloadPath, "utf8"));
const startedAt = performance.now();
const session = await InferenceSession.create(modelPath, { intraOpNumThreads: Number(threads) });
const loadMs = performance.now() - startedAt;
const tokenizer = openTokenizer(tokenizerFolder);
const encode = (/** @type {string} */ text) => tokenizer.encode(text, { add_special_tokens: false });

/** @param {string} document */
async function score(document) {
  const body = `<Instruct>: ${workload.instruction}\n<Query>: ${workload.query}\n<Document>: ${document}`;
  const ids = [...encode(workload.system), ...encode(body), ...encode(workload.answer)];
  const tensor = (/** @type {readonly number[]} */ values) => new Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  const { logits } = await session.run({ input_ids: tensor(ids), attention_mask: tensor(ids.map(() => 1)) });
  if (logits === undefined) throw new Error("the graph has no output named logits");
  const last = /** @type {Float32Array} */ (logits.data).subarray(-Number(logits.dims[2]));
  return 1 / (1 + Math.exp((last[NO] ?? 0) - (last[YES] ?? 0)));
}

const relevances = [await score(workload.documents[0]), await score(workload.documents[1])];
const result = {
  pairMs: await measurePerItem(workload.documents, score, workload.secondsPerFigure),
  longPairMs: await measurePerItem(workload.longDocuments, score, workload.secondsPerFigure),
  relevances,
  loadMs: { reranker: loadMs },
  peakMemoryMb: peakMemoryMb(),
  version: `onnxruntime-node on ${process.version}`,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
