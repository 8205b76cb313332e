import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { cacheFailure } from "../../domain/disk-failure.ts";
import type { ExternalBytes } from "./graph-builder.ts";

/** The file of weights beside a graph, written front to back. */
export interface WeightFile {
  readonly sizeBytes: number;
  /** Throws UserError when the disk is full. */
  append(bytes: ArrayBufferView): ExternalBytes;
  /** One tensor whose bytes come in parts. */
  appendParts(parts: Iterable<ArrayBufferView>): ExternalBytes;
  /** Makes sure that everything is on the disk. */
  close(): void;
}

/** ONNX Runtime maps a weight into memory where its offset is a multiple of a page; Windows has pages of 64 kB for this. */
const ALIGNMENT_BYTES = 65_536;

/** Throws UserError when the file cannot be made. */
export function createWeightFile(path: string): WeightFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, "w");
  } catch (cause) {
    throw cacheFailure(`${path} cannot be written`, cause);
  }
  let sizeBytes = 0;
  let isOpen = true;
  const append = (parts: Iterable<ArrayBufferView>): ExternalBytes => {
    const offset = Math.ceil(sizeBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    let end = offset;
    try {
      for (const { buffer, byteOffset, byteLength } of parts) {
        const bytes = Buffer.from(buffer, byteOffset, byteLength);
        for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done, bytes.length - done, end + done);
        end += bytes.length;
      }
    } catch (cause) {
      throw cacheFailure(`${path} cannot be written`, cause);
    }
    sizeBytes = end;
    return { offset, length: end - offset };
  };
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    append: (bytes) => append([bytes]),
    appendParts: append,
    close() {
      if (!isOpen) return;
      isOpen = false;
      try {
        fsyncSync(descriptor);
      } catch (cause) {
        throw cacheFailure(`${path} cannot be written`, cause);
      } finally {
        closeSync(descriptor);
      }
    },
  };
}
