/** @param {number} bytes */
const mb = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
/** @param {Record<string, number>} counts */
const statuses = (counts) => Object.entries(counts).map(([status, count]) => `${count} x ${status}`).join(", ");

/**
 * The result as Markdown, ready for docs/performance.md.
 *
 * @param {any} summary
 */
export function formatSummary({ machine, clients, requests, documents, load, memory, overflow, kills, passed }) {
  const { server, models } = memory;
  const recoveries = kills.recoveriesMs.map((/** @type {number} */ ms) => `${ms.toFixed(0)} ms`).join(", ");
  return `${[
    `${machine.processor}, ${machine.memoryGb} GB, load ${machine.loadAverage} before it began, ${machine.system}; mini, ${clients} clients x ${requests} requests of ${documents} documents.`,
    "",
    "| | requests a second | documents a second | p50 ms | p95 ms | p99 ms | other than the command line's |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    row("computed", load.computed),
    row("with the cache", load.cached),
    "",
    `- Memory over ${memory.requests} requests of ${memory.documents} short documents, ${100 * memory.newShare} % of them not in the cache: server ${mb(server.firstQuarterBytes)} in the first quarter, ${mb(server.lastQuarterBytes)} in the last (x ${server.ratio.toFixed(2)}); models ${mb(models.firstQuarterBytes)}, ${mb(models.lastQuarterBytes)} (x ${models.ratio.toFixed(2)}).`,
    `- ${overflow.requests} requests at once to a queue of 8: ${statuses(overflow.statuses)}; ${overflow.withoutRetryAfter} refused without Retry-After, ${overflow.wrong} wrong.`,
    `- ${kills.kills} times kill -9, twice each: ${statuses(kills.statuses)}; ${kills.wrong} wrong, ${kills.withoutRetryAfter} failed without Retry-After; the next success after ${recoveries}.`,
    passed ? "- All as it should be." : "- NOT as it should be.",
  ].join("\n")}\n`;
}

/** @param {string} name @param {any} load */
function row(name, { requestsPerSecond, documentsPerSecond, p50Ms, p95Ms, p99Ms, wrong }) {
  const figures = [requestsPerSecond.toFixed(1), ...[documentsPerSecond, p50Ms, p95Ms, p99Ms].map((value) => value.toFixed(0)), wrong];
  return `| ${[name, ...figures].join(" | ")} |`;
}
