import { Agent, request } from "undici";

/**
 * @typedef {object} Answer
 * @property {number} status 0: the connection was broken.
 * @property {number} elapsedMs
 * @property {string | undefined} retryAfter
 * @property {any} body
 */

/** Connections that stay open between requests. @param {number} connections */
export const openConnections = (connections) => new Agent({ connections, pipelining: 1 });

/**
 * @param {Agent} dispatcher
 * @param {string} url
 * @param {string} query
 * @param {readonly string[]} documents
 * @returns {Promise<Answer>}
 */
export async function rerank(dispatcher, url, query, documents) {
  const startedAt = performance.now();
  try {
    const { statusCode, headers, body } = await request(`${url}/v1/rerank`, {
      dispatcher,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, documents }),
    });
    const answer = await body.json();
    return { status: statusCode, elapsedMs: performance.now() - startedAt, retryAfter: headers["retry-after"]?.toString(), body: answer };
  } catch (error) {
    return { status: 0, elapsedMs: performance.now() - startedAt, retryAfter: undefined, body: { error: String(error) } };
  }
}

/**
 * Whether an answer gives each document the relevance that is expected, to the last bit, and the best ones first.
 *
 * @param {Answer} answer
 * @param {readonly number[]} expected
 */
export function isRight({ status, body }, expected) {
  if (status !== 200 || body.results.length !== expected.length) return false;
  /** @type {readonly { index: number, relevance_score: number }[]} */
  const results = body.results;
  const isSorted = results.every((result, place) => place === 0 || result.relevance_score <= (results[place - 1]?.relevance_score ?? 0));
  return isSorted && results.every(({ index, relevance_score: score }) => score === expected[index]);
}

/**
 * As many clients as at once, each with one request after another.
 *
 * @template Result
 * @param {number} clients
 * @param {number} requests of each.
 * @param {(at: number) => Promise<Result>} ask
 * @returns {Promise<Result[]>}
 */
export async function atOnce(clients, requests, ask) {
  /** @type {Result[]} */
  const results = [];
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let turn = 0; turn < requests; turn++) results.push(await ask(client * requests + turn));
    }),
  );
  return results;
}

/** @param {readonly { status: number }[]} answers @returns {Record<string, number>} */
export function countStatuses(answers) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** @param {readonly number[]} values @param {number} share */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
