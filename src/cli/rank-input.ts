import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { readDocument } from "../adapters/readers/all-readers.ts";
import { SkippedDocument, UserError } from "../domain/errors.ts";
import type { InputPassage } from "../pipeline/rank.ts";
import { readPassages, type ReadPassagesOptions } from "../pipeline/read-passages.ts";
import { inputLines } from "./input-lines.ts";

/** A passage to rank, with the line that it came from, so that a filter can give the same lines back. */
export interface RankInput {
  readonly passage: InputPassage;
  readonly line: string;
}

/** Fields of a JSON line that may hold its text, in order of preference. */
const TEXT_FIELDS = ["text", "passage", "content", "document", "body", "snippet"] as const;
/** How reporters know standard input. */
const STDIN = "-";

/**
 * Passages from lines: plain text, or JSON objects with a text field (`field` when given) and perhaps `title` and `path`.
 * Blank lines are skipped. Throws UserError naming the line that has no text.
 */
export async function readRankLines(stream: Readable, field: string | undefined, signal: AbortSignal): Promise<RankInput[]> {
  const inputs: RankInput[] = [];
  let lineNumber = 0;
  for await (const line of inputLines(stream, signal)) {
    lineNumber++;
    if (line.trim() === "") continue;
    const location = { startLine: lineNumber, endLine: lineNumber };
    const object = field !== undefined || line.trimStart().startsWith("{") ? objectOf(line) : undefined;
    if (object === undefined) {
      if (field !== undefined) throw noText(lineNumber, field);
      inputs.push({ line, passage: { path: STDIN, location, headings: [], text: line } });
      continue;
    }
    const text = (field === undefined ? TEXT_FIELDS : [field]).map((name) => object[name]).find((value) => typeof value === "string");
    if (typeof text !== "string") throw noText(lineNumber, field);
    inputs.push({
      line,
      passage: {
        path: typeof object["path"] === "string" ? object["path"] : STDIN,
        location,
        headings: typeof object["title"] === "string" && object["title"] !== "" ? [object["title"]] : [],
        text,
      },
    });
  }
  return inputs;
}

export interface RankFileOptions extends Omit<ReadPassagesOptions, "readDocument"> {
  readonly cwd: string;
  /** Told about each file that cannot be read; the others are ranked. */
  readonly onSkipped: (path: string, detail: string) => void;
}

/** Passages of whole files, read and cut as `rerank index` does. Throws UserError for a path that does not exist. */
export async function readRankFiles(paths: readonly string[], options: RankFileOptions): Promise<RankInput[]> {
  const inputs: RankInput[] = [];
  for (const path of paths) {
    try {
      const bytes = await readFileBytes(resolve(options.cwd, path), path);
      const passages = await readPassages({ path, bytes }, { ...options, readDocument });
      for (const passage of passages) inputs.push({ line: path, passage });
    } catch (error) {
      if (!(error instanceof SkippedDocument)) throw error;
      options.onSkipped(path, error.message);
    }
  }
  return inputs;
}

async function readFileBytes(absolutePath: string, path: string): Promise<Uint8Array> {
  try {
    if ((await stat(absolutePath)).isDirectory()) {
      throw new UserError(`${path} is a folder`, { hint: "name files, or index the folder and search it: rerank index" });
    }
    return await readFile(absolutePath);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new UserError(isMissing ? `${path} does not exist` : `cannot read ${path}: ${(cause as Error).message}`, {
      hint: isMissing ? "check the spelling; paths are relative to the current folder" : "check its permissions",
      cause,
    });
  }
}

function objectOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Text may well begin with a brace.
    return undefined;
  }
}

function noText(lineNumber: number, field: string | undefined): UserError {
  return new UserError(`line ${lineNumber} of stdin has no text${field === undefined ? "" : ` in "${field}"`}`, {
    hint: `give one text a line, or JSON objects with one of ${TEXT_FIELDS.join(", ")} (or name it: --field <name>)`,
  });
}
