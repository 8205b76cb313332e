import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { UserError } from "../../domain/errors.ts";
import { binaryFormatOf } from "../binary-magic.ts";

/** A line that holds more than white space. */
export interface Line {
  /** From 1; blank lines count. */
  readonly number: number;
  /** Of the line's first byte in its file. */
  readonly offset: number;
  /** Without the line break. */
  readonly bytes: Buffer;
}

export interface TextLine {
  readonly number: number;
  readonly text: string;
}

export interface ReadLinesOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told every piece of the file in order, as it is read. */
  readonly onBytes?: (bytes: Buffer) => void;
}

const CHUNK_BYTES = 1 << 20;
/** Longer ones are no records: a file that has no line breaks at all would fill the memory. */
const MAX_LINE_BYTES = 1 << 28;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The lines of a file that are not blank, one chunk of it in memory at a time. "\n" and "\r\n" end a line; a byte order mark is no
 * part of the first one.
 *
 * Throws UserError for a file that is missing, a folder or packed, and naming the line for one above 256 MiB; the signal's
 * reason when it aborts.
 */
export async function* readLines(file: string, { signal, onBytes }: ReadLinesOptions = {}): AsyncGenerator<Line> {
  let number = 0;
  let offset = 0;
  let pieces: Buffer[] = [];
  let pieceBytes = 0;

  function endLine(last: Buffer): Line | undefined {
    const whole = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
    const start = offset;
    number++;
    offset += whole.length + 1;
    [pieces, pieceBytes] = [[], 0];
    const end = whole.at(-1) === CARRIAGE_RETURN ? whole.length - 1 : whole.length;
    const from = start === 0 && whole.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
    const bytes = whole.subarray(from, end);
    return isBlank(bytes) ? undefined : { number, offset: start + from, bytes };
  }

  const stream = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  let isFirst = true;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      if (isFirst) refusePacked(file, chunk);
      isFirst = false;
      onBytes?.(chunk);
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        const line = endLine(chunk.subarray(start, end));
        if (line !== undefined) yield line;
        start = end + 1;
      }
      if (start === chunk.length) continue;
      pieces.push(chunk.subarray(start));
      pieceBytes += chunk.length - start;
      if (pieceBytes > MAX_LINE_BYTES) {
        throw lineError(file, number + 1, "the line is longer than 256 MiB", "check that the file holds one record a line");
      }
    }
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : unreadable(file, error);
  }
  const line = endLine(Buffer.alloc(0));
  if (line !== undefined) yield line;
}

/** As `readLines`, decoded. Throws UserError naming a line that is not UTF-8, too. */
export async function* readTextLines(file: string, options: ReadLinesOptions = {}): AsyncGenerator<TextLine> {
  for await (const line of readLines(file, options)) yield { number: line.number, text: textOf(file, line) };
}

/** Throws UserError when the line is not UTF-8. */
export function textOf(file: string, { number, bytes }: Line): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  throw lineError(file, number, "the line is not UTF-8", "convert the file to UTF-8 (iconv does), or cut the damaged line out");
}

/** A file that is small enough to be read as a whole, without its byte order mark. Throws UserError as `readTextLines` does. */
export async function readWholeText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  refusePacked(file, bytes);
  if (isUtf8(bytes)) return bytes.toString("utf8").replace(/^\uFEFF/, "");
  for await (const line of readLines(file)) textOf(file, line);
  throw new UserError(`${file} is not UTF-8`, { hint: "convert the file to UTF-8 (iconv does)" });
}

/** "file:line: what is wrong", with what to do about it. */
export function lineError(file: string, line: number, problem: string, hint: string): UserError {
  return new UserError(`${file}:${line}: ${problem}`, { hint });
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte > SPACE) return false;
  return true;
}

function refusePacked(file: string, start: Buffer): void {
  const format = binaryFormatOf(start);
  if (format === undefined) return;
  const hint = format.startsWith("a gzip") ? `unpack it first: gunzip -k ${file}` : "name the file of lines that it was made from";
  throw new UserError(`${file} is ${format}, not a file of lines`, { hint });
}

function unreadable(file: string, cause: unknown): UserError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new UserError(`there is no ${file}`, { hint: "check the spelling; paths are relative to the current folder", cause });
  }
  if (code === "EISDIR") return new UserError(`${file} is a folder, not a file of lines`, { hint: "name a file in it", cause });
  return new UserError(`${file} cannot be read: ${message}`, { hint: "check its permissions", cause });
}
