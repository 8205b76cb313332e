import { extname } from "node:path";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type ParsedNode, type YAMLMap } from "yaml";
import { closestName } from "../../domain/closest-name.ts";
import { UserError } from "../../domain/errors.ts";
import { lineError, readTextLines, readWholeText } from "./read-lines.ts";

/** A query of the user's own, as it is written: its paths are not looked up yet. */
export interface OwnQuery {
  readonly line: number;
  readonly text: string;
  readonly id: string | undefined;
  readonly expected: readonly ExpectedPath[];
}

export interface ExpectedPath {
  readonly line: number;
  /** A path or a glob. */
  readonly path: string;
  readonly grade: number;
}

export const OWN_QUERY_LAYOUT = 'an entry is { query: "...", expect: path }; instead of a path, a list of paths, or grades by path: { "a.md": 2 }';
const ENTRY_KEYS = ["query", "expect", "id"];
const LINE_EXTENSIONS = [".jsonl", ".ndjson"];
/** Of the files that hold queries of one's own. */
export const OWN_QUERY_EXTENSIONS: readonly string[] = [".yaml", ".yml", ".json", ...LINE_EXTENSIONS];

/** A parsed file, or a line of one. */
interface Source {
  readonly file: string;
  readonly document: Document.Parsed;
  lineOf(node: Placed): number;
}
type Placed = { readonly range?: readonly [number, number, number] | null | undefined };

/**
 * The entries of a YAML, JSON or JSONL file in their order; a list, or `queries:` holding one.
 * Throws UserError naming file and line for whatever is not as OWN_QUERY_LAYOUT says.
 */
export async function readOwnQueryFile(file: string): Promise<OwnQuery[]> {
  if (LINE_EXTENSIONS.includes(extname(file).toLowerCase())) {
    const queries: OwnQuery[] = [];
    for await (const { number, text } of readTextLines(file)) {
      const source = parse(file, text, number);
      queries.push(entryOf(source, source.document.contents));
    }
    return queries;
  }
  // JSON is YAML: one parser tells the lines of both.
  const source = parse(file, await readWholeText(file), 1);
  return listOf(source).map((node) => entryOf(source, node));
}

function parse(file: string, text: string, firstLine: number): Source {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const lineAt = (offset: number) => firstLine - 1 + counter.linePos(offset).line;
  const [error] = document.errors;
  if (error !== undefined) {
    const problem = `not valid ${/json/i.test(extname(file)) ? "JSON" : "YAML"}: ${error.message.split("\n", 1)[0]}`;
    throw lineError(file, lineAt(error.pos[0]), problem, "put texts with colons, quotes or asterisks in quotation marks");
  }
  return { file, document, lineOf: ({ range }) => (range ? lineAt(range[0]) : firstLine) };
}

function listOf(source: Source): readonly ParsedNode[] {
  const { contents } = source.document;
  if (contents === null) return [];
  if (isSeq(contents)) return contents.items;
  if (!isMap(contents)) throw fail(source, contents, "there is no list of queries");
  const list = fieldsOf(source, contents, ["queries"]).get("queries");
  if (list === undefined || !isSeq(list)) throw fail(source, contents, '"queries" is not a list');
  return list.items as ParsedNode[];
}

function entryOf(source: Source, node: ParsedNode | null): OwnQuery {
  const entry = node === null ? null : followed(source, node);
  if (entry === null || !isMap(entry)) throw fail(source, node ?? {}, "the entry has no query");
  const fields = fieldsOf(source, entry, ENTRY_KEYS);
  const [query, expect, id] = ENTRY_KEYS.map((key) => fields.get(key));
  if (query === undefined) throw fail(source, node!, 'the entry has no "query"');
  if (expect === undefined) throw fail(source, node!, 'the entry has no "expect"');
  return {
    line: source.lineOf(node!),
    text: textOf(source, query, "the query"),
    id: id === undefined ? undefined : textOf(source, id, "the id"),
    expected: expectedOf(source, expect),
  };
}

function expectedOf(source: Source, node: ParsedNode): ExpectedPath[] {
  const expect = followed(source, node);
  const expected = isSeq(expect)
    ? (expect.items as ParsedNode[]).map((item) => ({ line: source.lineOf(item), path: textOf(source, item, "the path"), grade: 1 }))
    : isMap(expect)
      ? expect.items.map(({ key, value }) => {
          const path = textOf(source, key as ParsedNode, "the path");
          return { line: source.lineOf(key as ParsedNode), path, grade: gradeOf(source, key as ParsedNode, value as ParsedNode | null, path) };
        })
      : [{ line: source.lineOf(node), path: textOf(source, node, '"expect"'), grade: 1 }];
  if (expected.length === 0) throw fail(source, node, '"expect" names no path');
  return expected;
}

/** The values of a map by key. Throws UserError for a key that is not among those known. */
function fieldsOf(source: Source, map: YAMLMap, known: readonly string[]): Map<string, ParsedNode> {
  const fields = new Map<string, ParsedNode>();
  for (const { key, value } of map.items as { key: ParsedNode; value: ParsedNode | null }[]) {
    const name = textOf(source, key, "the key");
    if (!known.includes(name)) {
      const closest = closestName(name, known);
      const hint = closest === undefined ? OWN_QUERY_LAYOUT : `did you mean "${closest}"?`;
      throw lineError(source.file, source.lineOf(key), `there is no key "${name}" here`, hint);
    }
    if (value !== null) fields.set(name, followed(source, value));
  }
  return fields;
}

/** A text; numbers, dates and the like as they are written. */
function textOf(source: Source, node: ParsedNode, what: string): string {
  const scalar = followed(source, node);
  if (!isScalar(scalar)) throw fail(source, node, `${what} is not a text`);
  const text = typeof scalar.value === "string" ? scalar.value : scalar.value === null ? "" : (scalar.source ?? String(scalar.value));
  if (!/\S/.test(text)) throw fail(source, node, `${what} is empty`);
  return text;
}

function gradeOf(source: Source, key: ParsedNode, node: ParsedNode | null, path: string): number {
  const grade = node === null ? undefined : followed(source, node);
  if (isScalar(grade) && Number.isSafeInteger(grade.value) && (grade.value as number) >= 0) return grade.value as number;
  throw lineError(source.file, source.lineOf(key), `the grade of ${path} is not a whole number from 0`, "0 is not relevant, 1 relevant, more is better");
}

/** What an alias (`*name`) stands for; other nodes are themselves. */
function followed(source: Source, node: ParsedNode): ParsedNode {
  if (!isAlias(node)) return node;
  const target = node.resolve(source.document);
  // A glob such as *.md without quotation marks is an alias to YAML.
  if (target === undefined) throw fail(source, node, `*${node.source} is a YAML alias of nothing`, `put globs in quotation marks: "*${node.source}"`);
  return target as ParsedNode;
}

function fail(source: Source, node: Placed, problem: string, hint = OWN_QUERY_LAYOUT): UserError {
  return lineError(source.file, source.lineOf(node), problem, hint);
}
