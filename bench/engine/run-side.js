import { spawn } from "node:child_process";

/**
 * Runs one side in a process of its own and reads the JSON in its last line. What it says on stderr is shown only when it fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<any>}
 */
export function runSide(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const lastLines = (/** @type {string} */ text, /** @type {number} */ count) => text.trimEnd().split("\n").slice(-count).join("\n");
      if (code === 0) resolve(parseLine(lastLines(stdout, 1)));
      else reject(new Error(`${command} ${args[0]} ended with ${code ?? signal}: ${lastLines(stderr, 8)}`));
    });
  });
}

/** Programs that write files say nothing, or something for people. @param {string} line */
function parseLine(line) {
  return line.startsWith("{") ? JSON.parse(line) : undefined;
}
