import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { UserError } from "../../domain/errors.ts";
import type { HubFile } from "./hub-client.ts";
import { overNetwork, TransientError, withRetries, type RetryPolicy } from "./transient-error.ts";

export interface BlobRequest {
  /** What the file is called, for messages. */
  readonly path: string;
  readonly host: string;
  readonly file: HubFile;
  /** Where the content goes. Until it is complete and checked it lies beside, as `<blobPath>.incomplete`. */
  readonly blobPath: string;
  /** Status 200, 206 or 416. */
  readonly open: (fromByte: number) => Promise<Response>;
  readonly retries: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  /** Bytes of this file that are here now; less than before when it had to start anew. */
  readonly onBytes: (doneBytes: number) => void;
  readonly onRetry: (detail: string) => void;
  readonly onCheck: () => void;
}

/**
 * Brings one file and checks it against the hub's digest before it gets its name. A cut connection, a cancelled run or a
 * killed process leaves the part that has arrived, and the next call goes on from there.
 */
export async function downloadBlob(request: BlobRequest): Promise<void> {
  const { blobPath, file, path, host, signal } = request;
  const partPath = partPathOf(blobPath);
  for (let damaged = 0; ; damaged += 1) {
    let progressed = false;
    const onBytes = (doneBytes: number): void => {
      progressed = true;
      request.onBytes(doneBytes);
    };
    const madeProgress = (): boolean => {
      const answer = progressed;
      progressed = false;
      return answer;
    };
    await withRetries(() => fetchRest({ ...request, onBytes }, partPath), request.retries, { signal, madeProgress, onRetry: request.onRetry });
    request.onCheck();
    if (await hasDigest(partPath, file.etag, signal)) break;
    await rm(partPath, { force: true });
    // An old part and its new rest can be of two minds; bytes that came in one go and are wrong will be wrong again.
    if (damaged > 0) {
      throw new UserError(`${path} arrives damaged from ${host}: its digest is not the one that the hub names`, {
        hint: "a proxy or mirror on the way changes it: try another network, or another HF_ENDPOINT",
      });
    }
    request.onRetry(`${path} arrived damaged; once more from its beginning`);
  }
  await rename(partPath, blobPath);
}

export function partPathOf(blobPath: string): string {
  return `${blobPath}.incomplete`;
}

/** Size of a file in bytes; `undefined` when there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}

async function fetchRest(request: BlobRequest, partPath: string): Promise<void> {
  const { file, host, path, signal } = request;
  let fromByte = (await fileSize(partPath)) ?? 0;
  if (file.sizeBytes !== undefined) {
    if (fromByte === file.sizeBytes && fromByte > 0) return;
    if (fromByte > file.sizeBytes) fromByte = 0;
  }
  const response = await request.open(fromByte);
  if (response.status === 416 || (response.status === 206 && startOf(response) !== fromByte)) {
    await response.body?.cancel().catch(() => {});
    await rm(partPath, { force: true });
    throw new TransientError(`${host} cannot go on with ${path} where it was cut`);
  }
  // A server that does not know ranges sends the whole file.
  if (response.status !== 206) fromByte = 0;
  const doneBytes = await append(request, response, partPath, fromByte);
  if (file.sizeBytes === undefined || doneBytes === file.sizeBytes) return;
  if (doneBytes > file.sizeBytes) await rm(partPath, { force: true });
  signal?.throwIfAborted();
  throw new TransientError(`${host} sent ${doneBytes} of the ${file.sizeBytes} bytes of ${path}`);
}

/** @returns the length of the part now, in bytes. */
async function append({ host, signal, onBytes }: BlobRequest, response: Response, partPath: string, fromByte: number): Promise<number> {
  const handle = await open(partPath, fromByte === 0 ? "w" : "a");
  let doneBytes = fromByte;
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const chunk = await (reader && overNetwork(reader.read(), host, signal));
      if (chunk === undefined || chunk.done) break;
      await handle.appendFile(chunk.value);
      doneBytes += chunk.value.byteLength;
      onBytes(doneBytes);
      signal?.throwIfAborted();
    }
    await handle.sync();
    return doneBytes;
  } finally {
    await reader?.cancel().catch(() => {});
    await handle.close();
  }
}

/** First byte of a partial answer. */
function startOf({ headers }: Response): number | undefined {
  const start = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1];
  return start === undefined ? undefined : Number(start);
}

/**
 * Whether a file has the content that the hub's tag stands for: SHA-256 for large files, git's blob hash for small ones.
 * Other tags (of mirrors that make their own) say nothing, and pass. It reads what is on the disk, not what went by.
 */
async function hasDigest(path: string, etag: string, signal: AbortSignal | undefined): Promise<boolean> {
  const algorithm = { 64: "sha256", 40: "sha1" }[etag.length];
  if (algorithm === undefined || !/^[0-9a-f]+$/.test(etag)) return true;
  const hash = createHash(algorithm);
  if (algorithm === "sha1") hash.update(`blob ${(await fileSize(path)) ?? 0}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) })) hash.update(chunk as Buffer);
  return hash.digest("hex") === etag;
}
