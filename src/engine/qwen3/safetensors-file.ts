import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { UserError } from "../../domain/errors.ts";

/** Where a tensor lies in its file. Bounds, overlaps and the match of shape and bytes are checked. */
export interface StoredTensor {
  readonly name: string;
  /** As safetensors writes it: "BF16", "F32", "I64", ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Of its first byte, from the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** An opened safetensors file. Tensors are read when asked; the file as a whole never is. */
export interface SafetensorsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Fills `into` with the bytes from `offset` on. Throws UserError when the file cannot be read or has become shorter. */
  read(offset: number, into: Uint8Array): void;
  close(): void;
}

interface HeaderEntry {
  readonly dtype?: unknown;
  readonly shape?: unknown;
  readonly data_offsets?: unknown;
}

const DOWNLOAD_AGAIN = "delete the file and download the model again";
const BITS: Readonly<Record<string, number>> = {
  BOOL: 8, U8: 8, I8: 8, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, U16: 16, I16: 16, F16: 16, BF16: 16,
  U32: 32, I32: 32, F32: 32, U64: 64, I64: 64, F64: 64, C64: 64, F4: 4, F6_E2M3: 6, F6_E3M2: 6,
}; // prettier-ignore
const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
/** One call of the system reads less than 2 GiB. */
const MAX_READ_BYTES = 1 << 30;

export function openSafetensorsFile(path: string): SafetensorsFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const read = (offset: number, into: Uint8Array): void => readFully(path, descriptor, offset, into);
  try {
    const sizeBytes = sizeOf(path, descriptor);
    const headerBytes = readHeaderLength(path, sizeBytes, read);
    const header = new Uint8Array(headerBytes);
    read(LENGTH_BYTES, header);
    const tensors = locateTensors(path, parseHeader(path, header), LENGTH_BYTES + headerBytes, sizeBytes);
    return { path, tensors, read, close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function sizeOf(path: string, descriptor: number): number {
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) throw new UserError(`${path} is not a file`, { hint: "put the model's safetensors file there" });
  return stat.size;
}

function readFully(path: string, descriptor: number, offset: number, into: Uint8Array): void {
  for (let done = 0; done < into.length; ) {
    const length = Math.min(into.length - done, MAX_READ_BYTES);
    let count: number;
    try {
      count = readSync(descriptor, into, done, length, offset + done);
    } catch (cause) {
      throw unreadable(path, cause);
    }
    if (count === 0) {
      const found = offset + done;
      throw new UserError(`${path} ends at byte ${found}, but ${offset + into.length} bytes were there before`, {
        hint: "leave the model's files alone while they are read, and try again",
      });
    }
    done += count;
  }
}

function readHeaderLength(path: string, sizeBytes: number, read: SafetensorsFile["read"]): number {
  const start = Buffer.alloc(Math.min(sizeBytes, 64));
  read(0, start);
  const text = start.toString("latin1");
  if (text.startsWith("version https://git-lfs")) {
    throw new UserError(`${path} is a Git LFS pointer, not the tensors themselves`, {
      hint: "run `git lfs pull` in that folder, or download the model again",
    });
  }
  if (/^\s*</.test(text)) {
    throw new UserError(`${path} is a web page, not safetensors: a server answered the download with HTML`, {
      hint: `${DOWNLOAD_AGAIN}; a proxy or a login page may have answered in place of the hub`,
    });
  }
  if (sizeBytes < LENGTH_BYTES) throw damaged(path, `a safetensors file has ${LENGTH_BYTES} bytes at least, this one ${sizeBytes}`);
  const length = start.readBigUInt64LE(0);
  if (length > MAX_HEADER_BYTES) throw damaged(path, `its header would be ${length} bytes long (at most ${MAX_HEADER_BYTES})`);
  if (LENGTH_BYTES + Number(length) > sizeBytes) {
    throw damaged(path, `its header is ${length} bytes long, but the whole file only ${sizeBytes}`);
  }
  return Number(length);
}

function parseHeader(path: string, bytes: Uint8Array): Record<string, HeaderEntry> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(path, `its header is not JSON (${(cause as Error).message})`, cause);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw damaged(path, "its header is not a JSON object");
  }
  const { __metadata__: _, ...entries } = header as Record<string, HeaderEntry>;
  return entries;
}

function locateTensors(
  path: string,
  entries: Record<string, HeaderEntry>,
  dataStart: number,
  sizeBytes: number,
): Map<string, StoredTensor> {
  const tensors = Object.entries(entries).map(([name, entry]) => locate(path, name, entry, dataStart));
  tensors.sort((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes);
  let end = dataStart;
  let before = "the header";
  for (const { name, offset, sizeBytes: length } of tensors) {
    if (offset < end) throw damaged(path, `tensor ${name} begins at byte ${offset}, within ${before}, which ends at ${end}`);
    end = offset + length;
    before = `tensor ${name}`;
  }
  if (end > sizeBytes) {
    throw damaged(path, `${before} ends at byte ${end}, but the file has only ${sizeBytes} bytes: the download is incomplete`);
  }
  if (end < sizeBytes) throw damaged(path, `its tensors end at byte ${end}, but the file has ${sizeBytes} bytes`);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

function locate(path: string, name: string, entry: HeaderEntry | null, dataStart: number): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  if (typeof dtype !== "string" || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw damaged(path, `the header's entry of tensor ${name} has no dtype, shape and data_offsets as it should`);
  }
  const bits = BITS[dtype];
  if (bits === undefined) {
    throw new UserError(`${path}: tensor ${name} has the number format ${dtype}, which is not known`, {
      hint: "use a checkpoint in BF16, F16 or F32",
    });
  }
  const [begin = 0, end = 0] = offsets;
  const expected = Math.ceil((shape.reduce((product, length) => product * length, 1) * bits) / 8);
  if (end - begin !== expected) {
    throw damaged(path, `tensor ${name} (${dtype} [${shape.join(", ")}]) takes ${expected} bytes, but has ${end - begin}`);
  }
  return { name, dtype, shape, offset: dataStart + begin, sizeBytes: expected };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}

function damaged(path: string, finding: string, cause?: unknown): UserError {
  return new UserError(`${path} is damaged: ${finding}`, { hint: DOWNLOAD_AGAIN, cause });
}

function unreadable(path: string, cause: unknown): UserError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === "ENOENT"
    ? new UserError(`there is no ${path}`, { hint: "download the model again: one of its files is missing", cause })
    : new UserError(`${path} cannot be read: ${message}`, { hint: "check the file's permissions and the disk", cause });
}
