import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { tensorRanges, type ByteRange } from "./tensor-ranges.ts";

/** Files up to this size are read as a whole: graphs with outside weights, configurations. */
const WHOLE_BYTES = 512 * 1024;
const END_BYTES = 64 * 1024;
/** Between the ends of files whose parts are not known, so that a copy with the same first and last tensors is told apart. */
const SAMPLE_COUNT = 14;
const SAMPLE_BYTES = 4 * 1024;
/** At the start and in the middle of each tensor: a fine-tuned copy may differ in one layer alone. 1.6 MB of the 8B's 16 GB. */
const TENSOR_SAMPLE_BYTES = 2 * 1024;

/**
 * SHA-256 (hex) that stands for the content of these files, in the order given, wherever they lie. Of large files it reads
 * the size, both ends and samples between, of safetensors in every tensor: hashing gigabytes at each start would take longer than
 * the search.
 */
export function contentDigest(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    const descriptor = openSync(path, "r");
    try {
      const sizeBytes = fstatSync(descriptor).size;
      hash.update(`${sizeBytes}\n`);
      for (const { start, length } of rangesOf(descriptor, sizeBytes, path)) {
        const bytes = Buffer.alloc(length);
        hash.update(bytes.subarray(0, readSync(descriptor, bytes, 0, length, start)));
      }
    } finally {
      closeSync(descriptor);
    }
  }
  return hash.digest("hex");
}

function rangesOf(descriptor: number, sizeBytes: number, path: string): ByteRange[] {
  if (sizeBytes <= WHOLE_BYTES) return [{ start: 0, length: sizeBytes }];
  const tensors = path.endsWith(".safetensors") ? tensorRanges(descriptor, sizeBytes) : undefined;
  const samples = tensors?.flatMap(samplesOf) ?? evenSamples(sizeBytes);
  return [{ start: 0, length: END_BYTES }, ...samples, { start: sizeBytes - END_BYTES, length: END_BYTES }];
}

function samplesOf({ start, length }: ByteRange): ByteRange[] {
  if (length <= 2 * TENSOR_SAMPLE_BYTES) return [{ start, length }];
  return [start, start + Math.floor(length / 2)].map((from) => ({ start: from, length: TENSOR_SAMPLE_BYTES }));
}

function evenSamples(sizeBytes: number): ByteRange[] {
  return Array.from({ length: SAMPLE_COUNT }, (_, position) => ({
    start: Math.floor((sizeBytes * (position + 1)) / (SAMPLE_COUNT + 1)),
    length: SAMPLE_BYTES,
  }));
}
