import { closeSync, openSync, readFileSync, readSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { VectorCensus } from "../ports/passage-store.ts";

/** What an HNSW file holds, kept beside it in `vectors.hnsw.json`. */
export interface HnswStamp {
  /** Of the embedder whose vectors these are. */
  readonly fingerprint: string;
  readonly dimensions: number;
  /** Of the store that the graph matches. */
  readonly census: VectorCensus;
  /** Still in the graph, never in an answer. */
  readonly deletedVectorIds: readonly number[];
  readonly connections: number;
  readonly constructionEffort: number;
  /** Name of the graph's file, which changes with its content. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly crc32: number;
}

const STAMP_FILE = "vectors.hnsw.json";
const GRAPH_FILE = /^vectors-[0-9a-f]{8}\.hnsw$/;
const ASIDE_FILE = /^vectors\.hnsw(\.json)?\.\d+\.new$/;
const READ_BYTES = 1 << 20;

/** The stamp of the graph in this folder; `undefined` when there is none that can be read. */
export function readHnswStamp(folder: string): HnswStamp | undefined {
  try {
    const stamp = JSON.parse(readFileSync(join(folder, STAMP_FILE), "utf8")) as HnswStamp;
    const isWhole =
      typeof stamp.fingerprint === "string" &&
      GRAPH_FILE.test(stamp.file) &&
      [stamp.dimensions, stamp.census.count, stamp.census.maxVectorId, stamp.sizeBytes, stamp.crc32].every(Number.isSafeInteger) &&
      Array.isArray(stamp.deletedVectorIds);
    return isWhole ? stamp : undefined;
  } catch {
    // Missing, cut off or something else: the graph is derived, whoever asked builds it anew.
    return undefined;
  }
}

/** Where the graph's file lies if it is, to the byte, the one that was written; hnswlib crashes the process on any other. */
export async function findIntactGraph(folder: string, stamp: HnswStamp): Promise<string | undefined> {
  const path = join(folder, stamp.file);
  try {
    if (statSync(path).size !== stamp.sizeBytes) return undefined;
    return (await checksumOf(path)) === stamp.crc32 ? path : undefined;
  } catch {
    // Missing or unreadable: the same as damaged.
    return undefined;
  }
}

/**
 * Writes a graph and its stamp. The graph's file gets a new name, so that the rename of the stamp is the one moment at
 * which the new state takes the place of the old one: a reader or a crash sees either, whole.
 *
 * @param write writes the graph to a path; hnswlib reports no error for a full disk, so the result is checked here.
 */
export async function writeHnswFiles(
  folder: string,
  stamp: Omit<HnswStamp, "file" | "sizeBytes" | "crc32">,
  write: (path: string) => Promise<unknown>,
): Promise<void> {
  const graphAside = join(folder, `vectors.hnsw.${process.pid}.new`);
  const stampAside = join(folder, `${STAMP_FILE}.${process.pid}.new`);
  try {
    // A folder that cannot be written gives its error code here; hnswlib would give none.
    writeFileSync(graphAside, "");
    await write(graphAside);
    const sizeBytes = assertWholeGraph(graphAside);
    const checksum = await checksumOf(graphAside);
    const file = `vectors-${checksum.toString(16).padStart(8, "0")}.hnsw`;
    renameSync(graphAside, join(folder, file));
    // A graph whose bytes a power cut has taken fails its checksum and is built anew: no flush is worth waiting for.
    writeFileSync(stampAside, JSON.stringify({ ...stamp, file, sizeBytes, crc32: checksum } satisfies HnswStamp));
    renameSync(stampAside, join(folder, STAMP_FILE));
    removeHnswLeftovers(folder, file);
  } finally {
    rmSync(graphAside, { force: true });
    rmSync(stampAside, { force: true });
  }
}

/** Names of older graphs, and of what killed processes had written aside: one process at a time writes an index. */
export function hnswLeftovers(folder: string, current = readHnswStamp(folder)?.file): string[] {
  return readdirSync(folder).filter((name) => name !== current && (GRAPH_FILE.test(name) || ASIDE_FILE.test(name)));
}

export function removeHnswLeftovers(folder: string, current?: string): void {
  for (const name of hnswLeftovers(folder, current)) {
    try {
      rmSync(join(folder, name), { force: true });
    } catch {
      // Windows keeps a file that another process reads; the next save removes it.
    }
  }
}

async function checksumOf(path: string): Promise<number> {
  const handle = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (let checksum = 0; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES);
      if (bytesRead === 0) return checksum;
      checksum = crc32(buffer.subarray(0, bytesRead), checksum);
    }
  } finally {
    await handle.close();
  }
}

/** Byte offsets in hnswlib's header, and its length: see saveIndex in hnswalg.h. */
const ELEMENT_COUNT_AT = 16;
const ELEMENT_BYTES_AT = 24;
const HEADER_BYTES = 96;

/**
 * The length of the file, once it is known to end where its own structure says: header, one block per element, then one
 * list of upper-level links per element. hnswlib ignores failed writes, and a full disk leaves a file that is cut off.
 */
function assertWholeGraph(path: string): number {
  const sizeBytes = statSync(path).size;
  const expected = structuralLength(path, sizeBytes);
  if (expected !== sizeBytes) {
    throw Object.assign(new Error(`only ${sizeBytes} bytes of the vector index could be written`), { code: "ENOSPC" });
  }
  return sizeBytes;
}

function structuralLength(path: string, sizeBytes: number): number | undefined {
  const file = openSync(path, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined;
    const elementCount = Number(header.readBigUInt64LE(ELEMENT_COUNT_AT));
    const linksAt = HEADER_BYTES + elementCount * Number(header.readBigUInt64LE(ELEMENT_BYTES_AT));
    if (linksAt > sizeBytes) return undefined;
    const links = Buffer.alloc(sizeBytes - linksAt);
    readSync(file, links, 0, links.length, linksAt);
    let position = 0;
    for (let element = 0; element < elementCount; element++) {
      if (position + 4 > links.length) return undefined;
      position += 4 + links.readUInt32LE(position);
    }
    return linksAt + position;
  } finally {
    closeSync(file);
  }
}
