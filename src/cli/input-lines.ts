import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** The lines of a stream, whatever ends them. Throws the signal's reason when it aborts, also while nothing comes in. */
export async function* inputLines(stream: Readable, signal: AbortSignal): AsyncGenerator<string> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity, signal })) yield line;
  signal.throwIfAborted();
}
