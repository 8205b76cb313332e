#!/usr/bin/env node
// Checked before anything is imported: an older Node would stop at a syntax error that names no remedy.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`rerank: Node ${process.versions.node} is too old\n  hint: install Node 20.19 or newer\n`);
  process.exitCode = 2;
} else {
  // Node 22 keeps compiled code between runs; Node 20 has no such cache.
  const { enableCompileCache } = await import("node:module");
  enableCompileCache?.();
  const { main } = await import("../dist/cli/main.js");
  await main();
}
