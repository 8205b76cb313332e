import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkpointKey, openCompiled } from "./compiled-models.js";
import { missingPeer, peerPaths } from "./peers/install-peers.js";
import { writeRerankerGguf } from "./peers/write-reranker-gguf.js";
import { runSide } from "./run-side.js";

/**
 * @typedef {object} Side
 * @property {string} name as in --only
 * @property {string} label
 * @property {() => Promise<string | undefined>} prepare writes what the side reads; the reason why it cannot run, or nothing
 * @property {() => Promise<any>} run one round in a process of its own
 *
 * @typedef {object} Bench
 * @property {string} workFolder
 * @property {{ embedder: string, reranker: string }} checkpoints
 * @property {string} workloadPath
 * @property {number} threads
 * @property {(line: string) => void} onNotice
 */

const scriptPath = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** @param {Bench} bench @param {import("./compiled-models.js").Precision} precision @returns {Side} */
export function engineSide({ workFolder, checkpoints, workloadPath, threads, onNotice }, precision) {
  const modelsPath = join(workFolder, `models-${precision}.json`);
  const run = (/** @type {"load" | "measure"} */ task) => runSide(process.execPath, [scriptPath("engine-side.js"), modelsPath, workloadPath, String(threads), task]);
  /** @type {Record<string, import("./compiled-models.js").CompileReport>} */
  const reports = {};
  return {
    name: "ours",
    label: `ours ${precision}`,
    async prepare() {
      /** @type {Record<string, unknown>} */
      const specs = {};
      for (const role of /** @type {const} */ (["embedder", "reranker"])) {
        const { spec, report } = await openCompiled({ workFolder, checkpointFolder: checkpoints[role], role, precision, threads, onNotice });
        specs[role] = spec;
        reports[role] = report;
      }
      writeFileSync(modelsPath, JSON.stringify(specs));
      // The first load runs the self-test and fills the file cache.
      await run("load");
      return undefined;
    },
    run: async () => ({ ...(await run("measure")), reports }),
  };
}

/** @param {Bench} bench @param {"bfloat16" | "float32"} dtype @returns {Side} */
export function torchSide({ workFolder, checkpoints, workloadPath, threads }, dtype) {
  const { python } = peerPaths(workFolder);
  return {
    name: "torch",
    label: `PyTorch ${dtype}`,
    prepare: async () => missingPeer(workFolder, "python"),
    run: () => runSide(python, [scriptPath("peers/torch_peer.py"), checkpoints.embedder, checkpoints.reranker, workloadPath, String(threads), dtype]),
  };
}

/** @param {Bench} bench @returns {Side} */
export function llamaSide({ workFolder, checkpoints, workloadPath, threads, onNotice }) {
  const { llamaFolder } = peerPaths(workFolder);
  const gguf = join(workFolder, "gguf", `${checkpointKey(checkpoints.reranker)}.gguf`);
  return {
    name: "llama",
    label: "node-llama-cpp Q8_0",
    async prepare() {
      const reason = missingPeer(workFolder, "llama");
      if (reason === undefined && !existsSync(gguf)) {
        onNotice("writing the GGUF file");
        mkdirSync(dirname(gguf), { recursive: true });
        writeRerankerGguf(checkpoints.reranker, gguf);
      }
      return reason;
    },
    run: () => runSide(process.execPath, [scriptPath("peers/llama-side.js"), llamaFolder, gguf, workloadPath, String(threads)]),
  };
}

/** @param {Bench} bench @returns {Side} */
export function naiveSide({ workFolder, checkpoints, workloadPath, threads, onNotice }) {
  const { python } = peerPaths(workFolder);
  const folder = join(workFolder, "naive", checkpointKey(checkpoints.reranker));
  return {
    name: "naive",
    label: "usual ONNX export, fp32",
    async prepare() {
      if (existsSync(folder)) return undefined;
      const reason = missingPeer(workFolder, "python");
      if (reason !== undefined) return reason;
      onNotice("exporting the reranker to ONNX the usual way");
      const unfinished = `${folder}.unfinished`;
      rmSync(unfinished, { recursive: true, force: true });
      mkdirSync(unfinished, { recursive: true });
      await runSide(python, [scriptPath("peers/naive_export.py"), checkpoints.reranker, join(unfinished, "model.onnx")]);
      renameSync(unfinished, folder);
      return undefined;
    },
    run: () => runSide(process.execPath, [scriptPath("peers/naive-side.js"), join(folder, "model.onnx"), checkpoints.reranker, workloadPath, String(threads)]),
  };
}
