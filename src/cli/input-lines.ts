import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/**
 * The lines of a stream, whatever ends them. Throws the signal's reason when it aborts, also while nothing comes in. Whoever stops early
 * leaves the stream paused: one that is read on would keep the process alive.
 */
export async function* inputLines(stream: Readable, signal: AbortSignal): AsyncGenerator<string> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity, signal });
  try {
    for await (const line of lines) yield line;
  } finally {
    lines.close();
  }
  signal.throwIfAborted();
}
