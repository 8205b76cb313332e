const COLUMNS = [
  ["pair", "pairMs", 0],
  ["pair, prefix kept", "pairMsPrefix", 0],
  ["long pair", "longPairMs", 0],
  ["long, prefix kept", "longPairMsPrefix", 0],
  ["50 tokens", "embedTokensPerSecond.50", 0],
  ["200 tokens", "embedTokensPerSecond.200", 0],
  ["500 tokens", "embedTokensPerSecond.500", 0],
  ["load embedder", "loadMs.embedder", 0],
  ["load reranker", "loadMs.reranker", 0],
  ["peak MB", "peakMemoryMb", 0],
  ["cosine", "againstFp32.cosine", 5],
  ["difference", "againstFp32.relevanceDifference", 4],
];

/**
 * The result as a table in Markdown, ready for docs/performance.md.
 *
 * @param {any} summary
 */
export function formatTable({ machine, workload, sides }) {
  const sets = machine.instructionSets.length === 0 ? "" : ` (${machine.instructionSets.join(", ")})`;
  const rows = sides.filter((/** @type {any} */ side) => side.reason === undefined);
  const cells = rows.map((/** @type {any} */ side) => [side.label, ...COLUMNS.map(([, path, digits]) => cell(side, String(path), Number(digits)))]);
  const table = [["", ...COLUMNS.map(([title]) => title)], ["---", ...COLUMNS.map(() => "---:")], ...cells];
  const lines = table.map((row) => `| ${row.join(" | ")} |`);
  const notes = sides.flatMap((/** @type {any} */ side) => notesOf(side));
  return `${[
    `${machine.processor}${sets}, ${machine.threads} threads, ${machine.memoryGb} GB, load ${machine.loadAverage} before it began, ${machine.system}; ${workload.weights} weights.`,
    `Pairs of ${workload.pairTokens} tokens, long ones of ${workload.longPairTokens}, in ms; embedding in tokens a second; loading in ms.`,
    "",
    ...lines,
    "",
    ...notes,
  ].join("\n")}\n`;
}

/** @param {any} side @param {string} path @param {number} digits */
function cell(side, path, digits) {
  const value = path.split(".").reduce((/** @type {any} */ found, key) => found?.[key], side);
  return typeof value === "number" ? value.toFixed(digits) : "-";
}

/** @param {any} side */
function notesOf({ label, reason, version, compiled = {}, computedTokens, savedTokens }) {
  if (reason !== undefined) return [`- ${label}: ${reason}`];
  const parts = [];
  if (version !== undefined) parts.push(version);
  if (typeof computedTokens === "number") parts.push(`${computedTokens} tokens computed and ${savedTokens} saved by a pair whose prefix is kept`);
  for (const [role, report] of Object.entries(compiled)) {
    const other = report.precision === report.requestedPrecision ? "" : `, in ${report.precision} because ${report.requestedPrecision} does not keep the bound`;
    parts.push(`${role} compiled in ${report.seconds.toFixed(0)} s to ${(report.sizeBytes / 1e6).toFixed(0)} MB${other}`);
  }
  return [`- ${label}: ${parts.join("; ")}`];
}
