import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../bin/rerank.js", import.meta.url));

/** Nothing of this machine's settings reaches the program. @param {string} home */
const environmentIn = (home) => ({ PATH: process.env.PATH ?? "", HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home, HF_HUB_OFFLINE: "1" });

/**
 * @typedef {object} Server
 * @property {string} url
 * @property {number} pid
 * @property {() => Promise<number | null>} stop ends it with SIGTERM; resolves to the exit code.
 */

/**
 * `rerank serve` with the bundled pair, ready to answer.
 *
 * @param {readonly string[]} options
 * @returns {Promise<Server>}
 */
export async function startServer(options) {
  const home = mkdtempSync(join(tmpdir(), "rerank-load-"));
  const child = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", "--models", "mini", "--no-socket", "--log-level", "warn", ...options], {
    cwd: home,
    env: environmentIn(home),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  void ended.then(() => rmSync(home, { recursive: true, force: true }));
  endWith(child);
  const url = await new Promise((resolve, reject) => {
    let out = "";
    child.stdout.on("data", (bytes) => {
      out += bytes;
      if (out.includes("\n")) resolve(out.trim());
    });
    void ended.then((code) => reject(new Error(`the server has ended with ${code}`)));
  });
  while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    url,
    pid: child.pid ?? 0,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** A bench that is stopped leaves no server behind. @param {import("node:child_process").ChildProcess} child */
function endWith(child) {
  process.once("exit", () => child.kill("SIGKILL"));
  // Without a listener a signal ends this process without "exit".
  for (const signal of ["SIGINT", "SIGTERM"]) if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(130));
}

/**
 * What the command line says of each document: the relevances, in the order of the documents.
 *
 * @param {string} query
 * @param {readonly string[]} documents
 * @returns {number[]}
 */
export function relevancesByCommandLine(query, documents) {
  const home = mkdtempSync(join(tmpdir(), "rerank-load-"));
  const options = { cwd: home, env: environmentIn(home), input: documents.join("\n"), maxBuffer: 1 << 28 };
  const answer = JSON.parse(execFileSync(process.execPath, [PROGRAM, "rank", query, "--models", "mini", "--no-daemon", "--json", "-n", String(documents.length)], options).toString());
  rmSync(home, { recursive: true, force: true });
  /** @type {number[]} */
  const relevances = [];
  for (const { startLine, relevance } of answer.results) relevances[startLine - 1] = relevance;
  return relevances;
}

/** Processes that have the server's models. @param {number} pid @returns {number[]} */
export function modelProcesses(pid) {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [own, parent, ...words] = line.trim().split(/\s+/);
    return Number(parent) === pid && words.some((word) => word.endsWith("inference/child.js")) ? [Number(own)] : [];
  });
}

/** Resident memory in bytes; of Linux alone, elsewhere `undefined`. @param {number} pid */
export function residentBytes(pid) {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
  } catch {
    // It has ended, or there is no /proc.
    return undefined;
  }
}
