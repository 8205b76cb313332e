import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { UserError } from "../../domain/errors.ts";
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
    throw writeFailure(path, cause);
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
      throw writeFailure(path, cause);
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
        throw writeFailure(path, cause);
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/** Failures of the disk are the user's; others are given back as they are. */
export function writeFailure(path: string, cause: unknown): unknown {
  const { code, syscall, message } = cause as NodeJS.ErrnoException;
  // An interruption and Node's own complaints have a code, too.
  if (syscall === undefined) return cause;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new UserError(isFull ? `the disk is full: ${path} cannot be written` : `${path} cannot be written: ${message}`, {
    hint: isFull ? "free space, or set XDG_CACHE_HOME to a folder on a larger disk" : "check the folder's permissions, or set XDG_CACHE_HOME to another folder",
    cause,
  });
}
