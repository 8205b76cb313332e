import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// PyPI's torch for Linux carries CUDA and gigabytes with it. Its CPU build is as fast here and is taken where pip finds it
// (PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS).
const PYTHON_PACKAGES = ["torch==2.13.0", "transformers==5.23.0", "safetensors", "numpy", "onnx", "onnxscript"];
const LLAMA_PACKAGE = "node-llama-cpp@3.22.1";

/** @param {string} workFolder */
export function peerPaths(workFolder) {
  const bin = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  return { python: join(workFolder, "python", ...bin), llamaFolder: join(workFolder, "llama") };
}

/** What keeps a peer from being run, or `undefined`. @param {string} workFolder @param {"python" | "llama"} peer */
export function missingPeer(workFolder, peer) {
  const { python, llamaFolder } = peerPaths(workFolder);
  const wanted = peer === "python" ? python : join(llamaFolder, "node_modules", "node-llama-cpp");
  return existsSync(wanted) ? undefined : "not installed: run with --install-peers";
}

/** A virtual environment and a folder of node modules in the work folder; nothing reaches the package. @param {string} workFolder */
export function installPeers(workFolder) {
  const { python, llamaFolder } = peerPaths(workFolder);
  if (!existsSync(python)) run(process.platform === "win32" ? "python" : "python3", ["-m", "venv", join(workFolder, "python")]);
  run(python, ["-m", "pip", "install", ...PYTHON_PACKAGES]);
  mkdirSync(llamaFolder, { recursive: true });
  writeFileSync(join(llamaFolder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  // Its install script would compile llama.cpp where no prebuilt binary fits; the bench says that it cannot be run instead.
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", LLAMA_PACKAGE], llamaFolder);
}

/** @param {string} command @param {readonly string[]} args @param {string} [cwd] */
function run(command, args, cwd) {
  process.stderr.write(`${command} ${args.join(" ")}\n`);
  // stdout is for figures.
  const { status, error } = spawnSync(command, args, { cwd, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  if (status !== 0) throw new Error(`${command} ended with ${status}`, { cause: error });
}
