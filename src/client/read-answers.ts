import { memberOf } from "./read-failure.ts";
import { RerankError } from "./rerank-error.ts";

/** What is checked of every answer: an order that is built on a hole or on NaN is worse than none. */

export interface RankedIndex {
  readonly index: number;
  readonly relevance: number;
  readonly truncated: boolean;
}

/**
 * `results` of POST /v1/rerank, best first.
 *
 * @param documentCount how many documents were sent.
 * @param resultCount how many must come back.
 */
export function readRanking(answer: unknown, documentCount: number, resultCount: number): RankedIndex[] {
  const results = listOf(answer, "results", resultCount);
  const seen = new Set<number>();
  return results.map((result) => ({
    index: indexOf(result, documentCount, seen),
    relevance: finite(memberOf(result, "relevance_score"), "relevance_score"),
    truncated: memberOf(result, "truncated") === true,
  }));
}

/** `data` of POST /v1/score, in the order of the texts. */
export function readScores(answer: unknown, count: number): number[] {
  const scores: number[] = [];
  const seen = new Set<number>();
  for (const entry of listOf(answer, "data", count)) scores[indexOf(entry, count, seen)] = finite(memberOf(entry, "score"), "score");
  return scores;
}

export interface ReadEmbedding {
  readonly vector: Float32Array;
  readonly truncated: boolean;
}

/** `data` of POST /v1/embeddings, in the order of the inputs: base64 as it was asked for, or lists where a server knows nothing else. */
export function readEmbeddings(answer: unknown, count: number): ReadEmbedding[] {
  const embeddings: ReadEmbedding[] = [];
  const seen = new Set<number>();
  for (const entry of listOf(answer, "data", count)) {
    const vector = readVector(memberOf(entry, "embedding"));
    embeddings[indexOf(entry, count, seen)] = { vector, truncated: memberOf(entry, "truncated") === true };
  }
  const dimensions = embeddings[0]?.vector.length;
  if (embeddings.some(({ vector }) => vector.length !== dimensions)) throw badAnswer("vectors of different lengths");
  return embeddings;
}

export function textOf(answer: unknown, name: string): string {
  const value = memberOf(answer, name);
  if (typeof value === "string") return value;
  throw badAnswer(`no ${name}`);
}

/** A count of `usage`, or 0 where a server keeps none. */
export function tokensOf(answer: unknown): number {
  const usage = memberOf(answer, "usage");
  const count = memberOf(usage, "prompt_tokens") ?? memberOf(usage, "total_tokens") ?? 0;
  return finite(count, "usage");
}

export function listOf(answer: unknown, name: string, count?: number): readonly unknown[] {
  const list = memberOf(answer, name);
  if (!Array.isArray(list)) throw badAnswer(`no ${name}`);
  if (count !== undefined && list.length !== count) throw badAnswer(`${list.length} ${name} where ${count} were asked for`);
  return list;
}

export function badAnswer(what: string): RerankError {
  return new RerankError("bad-answer", `the server's answer cannot be used: ${what}`);
}

function indexOf(entry: unknown, count: number, seen: Set<number>): number {
  const index = memberOf(entry, "index");
  if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= count) throw badAnswer("an index that nothing was sent for");
  if (seen.has(index)) throw badAnswer(`index ${index} twice`);
  seen.add(index);
  return index;
}

function finite(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw badAnswer(`a ${name} that is no number`);
}

function readVector(embedding: unknown): Float32Array {
  const vector = typeof embedding === "string" ? unpack(embedding) : Array.isArray(embedding) ? Float32Array.from(embedding as unknown[], (value) => finite(value, "embedding")) : undefined;
  if (vector === undefined || vector.length === 0 || !vector.every(Number.isFinite)) throw badAnswer("an embedding that is no vector");
  return vector;
}

/** Little-endian 32-bit floats, on machines of either order. `undefined` for what is not. */
function unpack(base64: string): Float32Array | undefined {
  const bytes = bytesOf(base64);
  if (bytes === undefined || bytes.length % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer);
  const vector = new Float32Array(bytes.length / 4);
  for (let position = 0; position < vector.length; position++) vector[position] = view.getFloat32(position * 4, true);
  return vector;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}
