import { readSync } from "node:fs";
import { asObject } from "./read-json-file.ts";

/** Bytes of a file. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * The header of a safetensors file, then the place of every tensor, in the header's order; `undefined` where the header is damaged.
 * It has eight bytes of its length and JSON with offsets that count from its end.
 */
export function tensorRanges(descriptor: number, sizeBytes: number): ByteRange[] | undefined {
  const start = Buffer.alloc(LENGTH_BYTES);
  if (readSync(descriptor, start, 0, LENGTH_BYTES, 0) < LENGTH_BYTES) return undefined;
  const headerBytes = Number(start.readBigUInt64LE(0));
  const dataStart = LENGTH_BYTES + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || dataStart > sizeBytes) return undefined;
  const text = Buffer.alloc(headerBytes);
  readSync(descriptor, text, 0, headerBytes, LENGTH_BYTES);
  const ranges: ByteRange[] = [];
  for (const [name, tensor] of Object.entries(parsed(text))) {
    if (name === "__metadata__") continue;
    const { data_offsets: offsets } = asObject(tensor);
    const [from, to] = Array.isArray(offsets) ? (offsets as unknown[]) : [];
    if (!isPlace(from) || !isPlace(to) || from > to || dataStart + to > sizeBytes) return undefined;
    ranges.push({ start: dataStart + from, length: to - from });
  }
  return ranges.length === 0 ? undefined : [{ start: 0, length: dataStart }, ...ranges];
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Empty where it is no JSON. */
function parsed(text: Buffer): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text.toString("utf8")));
  } catch {
    // The engine says what is wrong with the file when it reads it.
    return {};
  }
}
