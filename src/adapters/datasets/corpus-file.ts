import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, statSync, type Stats } from "node:fs";
import { resolve } from "node:path";
import type { DocumentBlock, ParsedDocument } from "../../domain/document.ts";
import { SkippedDocument, UserError } from "../../domain/errors.ts";
import type { Corpus } from "../../ports/dataset.ts";
import type { SourceFile } from "../../ports/document-reader.ts";
import type { FileSource } from "../../ports/file-source.ts";
import { paragraphBlocks } from "../readers/text-blocks.ts";
import { parseRecord, type JsonRecord } from "./json-records.ts";
import { lineError, readLines } from "./read-lines.ts";

export interface OpenedCorpus {
  readonly corpus: Corpus;
  has(documentId: string): boolean;
  readonly notices: readonly string[];
}

/** Where a document stands in the file. */
interface RecordPlace {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly line: number;
}

/** More are only counted. */
const MAX_NAMED_IDS = 5;

/**
 * The documents of a corpus.jsonl. One pass checks every line and remembers where each document stands; texts are read when they
 * are asked for, so that memory holds ids and offsets alone. Document ids are keys and may be any text: none becomes a path of
 * the file system.
 *
 * Throws UserError naming file and line for a line that is no record and for an id that stands there twice; for an empty file.
 */
export async function openCorpusFile(file: string, signal?: AbortSignal): Promise<OpenedCorpus> {
  const places = new Map<string, RecordPlace>();
  const textless: string[] = [];
  const hash = createHash("sha256");
  let state: Stats | undefined;
  for await (const line of readLines(file, { signal, onBytes: (bytes) => void hash.update(bytes) })) {
    state ??= statSync(file);
    const { id, title, text } = parseRecord(file, line);
    const known = places.get(id);
    if (known !== undefined) {
      throw lineError(file, line.number, `the document "${id}" stands on line ${known.line} already`, "give each document an id of its own");
    }
    places.set(id, { offset: line.offset, sizeBytes: line.bytes.length, line: line.number });
    if (!/\S/.test(title) && !/\S/.test(text)) textless.push(id);
  }
  if (state === undefined) throw new UserError(`${file} holds no documents`, { hint: 'write one a line: {"_id": "d1", "title": "", "text": "..."}' });
  requireSame(file, state, statSync(file));
  return {
    has: (documentId) => places.has(documentId),
    notices: textless.length === 0 ? [] : [textlessNotice(textless, places.size)],
    corpus: {
      digest: hash.digest("hex"),
      documentCount: places.size,
      roots: [{ path: resolve(file), include: [], exclude: [], hidden: true, follow: false, maxFileBytes: Number.MAX_SAFE_INTEGER }],
      files: recordSource(file, places, state),
      readDocument: async (source) => documentOf(source, recordOf(file, source, places)),
    },
  };
}

function recordSource(file: string, places: ReadonlyMap<string, RecordPlace>, state: Stats): FileSource {
  const absolutePath = resolve(file);
  return {
    async *list() {
      for (const path of [...places.keys()].sort()) {
        yield { file: { path, absolutePath, sizeBytes: places.get(path)!.sizeBytes, mtimeMs: state.mtimeMs } };
      }
    },
    covers: () => true,
    async read({ path }) {
      const place = placeOf(path, places);
      // Synchronous calls: the four of them take about 10 µs together, through the thread pool ten times that.
      const descriptor = openSync(absolutePath, "r");
      try {
        requireSame(file, state, fstatSync(descriptor));
        const bytes = Buffer.alloc(place.sizeBytes);
        readSync(descriptor, bytes, 0, bytes.length, place.offset);
        return bytes;
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

function placeOf(documentId: string, places: ReadonlyMap<string, RecordPlace>): RecordPlace {
  const place = places.get(documentId);
  if (place === undefined) throw new SkippedDocument("vanished", `the corpus has no document "${documentId}"`);
  return place;
}

/** Offsets of another state of the file would cut documents out of the wrong lines, and all measures would be of nothing. */
function requireSame(file: string, before: Stats, now: Stats): void {
  if (before.size === now.size && before.mtimeMs === now.mtimeMs && before.ino === now.ino) return;
  throw new UserError(`${file} changed while it was being read`, { hint: "run the command again once the file rests" });
}

function recordOf(file: string, { path, bytes }: SourceFile, places: ReadonlyMap<string, RecordPlace>): JsonRecord {
  const { line, offset } = placeOf(path, places);
  return parseRecord(file, { number: line, offset, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
}

/** A record's text in the paragraphs of a plain text; its title stands above them, and is the text where that is empty. */
function documentOf({ path }: SourceFile, { title, text }: JsonRecord): ParsedDocument {
  const blocks = paragraphBlocks(unixLines(text)).map(keepIndent);
  const document = { format: "text", encoding: "utf-8", warnings: [] };
  if (blocks.length > 0) return { ...document, title, blocks };
  const titleBlocks = paragraphBlocks(unixLines(title));
  if (titleBlocks.length === 0) throw new SkippedDocument("no-text", `the document "${path}" has neither title nor text`);
  return { ...document, title: "", blocks: titleBlocks };
}

/** Paragraphs are prose to the chunker, which trims them: the later parts of an indented function would all stand at the margin. */
function keepIndent(block: DocumentBlock): DocumentBlock {
  // A first line that is indented alone begins a paragraph of prose.
  return /^[ \t].*(?:\n[ \t]|$)/.test(block.text) ? { ...block, kind: "code" } : block;
}

function unixLines(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}

function textlessNotice(ids: readonly string[], total: number): string {
  return `${ids.length} of ${total} documents ${ids.length === 1 ? "has" : "have"} neither title nor text and cannot be found: ${firstOf(ids)}`;
}

/** The first few ids of a list, and how many more there are. */
export function firstOf(ids: readonly string[]): string {
  const more = ids.length > MAX_NAMED_IDS ? ` and ${ids.length - MAX_NAMED_IDS} more` : "";
  return ids.slice(0, MAX_NAMED_IDS).join(", ") + more;
}
