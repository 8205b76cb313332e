import type { IndexManifest } from "../../ports/passage-store.ts";
import type { Connection } from "./connection.ts";

/** Unit vectors in float32 are this far from length 1 at most, with a wide margin. */
const LENGTH_TOLERANCE = 1e-3;
/** Problems named one by one; the rest is a number. */
const MAX_NAMED = 5;

/** One line per problem of the store; see PassageStore.check. */
export function checkStore({ db, prepare }: Connection, manifest: IndexManifest | undefined): string[] {
  // Covers the tables, their indexes, and the FTS index (as a virtual table with an integrity method of its own).
  const integrity = (db.pragma("integrity_check") as { readonly integrity_check: string }[])
    .map((row) => row.integrity_check)
    .filter((line) => line !== "ok");
  if (integrity.length > 0) return shortened(integrity.map((line) => `damaged database: ${line}`));

  const problems: string[] = [];
  const count = (sql: string) => prepare(sql).pluck().get() as number;
  const orphans = count("SELECT count(*) FROM pragma_foreign_key_check");
  if (orphans > 0) problems.push(`${orphans} rows point at a document or vector that is not there`);
  const unfindable = count("SELECT count(*) FROM passages WHERE id NOT IN (SELECT id FROM passage_terms_docsize)");
  if (unfindable > 0) problems.push(`${unfindable} passages are missing from the lexical index`);
  const leftover = count("SELECT count(*) FROM passage_terms_docsize WHERE id NOT IN (SELECT id FROM passages)");
  if (leftover > 0) problems.push(`${leftover} entries of the lexical index belong to no passage`);
  if (manifest === undefined) {
    if (count("SELECT count(*) FROM documents") > 0) problems.push("the manifest is missing");
    return problems;
  }
  return [...problems, ...checkVectors(prepare("SELECT id, vector FROM vectors WHERE id > ? ORDER BY id LIMIT ?"), manifest.dimensions)];
}

const PAGE_ROWS = 1000;

function checkVectors(select: ReturnType<Connection["prepare"]>, dimensions: number): string[] {
  const problems: string[] = [];
  for (const row of pages(select)) {
    if (row.vector.byteLength !== dimensions * 4) {
      problems.push(`vector ${row.id} has ${row.vector.byteLength / 4} dimensions, not ${dimensions}`);
      continue;
    }
    const length = lengthOf(row.vector, dimensions);
    if (!(Math.abs(length - 1) <= LENGTH_TOLERANCE)) problems.push(`vector ${row.id} has length ${length}, not 1`);
  }
  return shortened(problems);
}

/** In pages, since iterators of better-sqlite3 are not safe everywhere: see kept-database.ts. */
function* pages(select: ReturnType<Connection["prepare"]>): Generator<{ readonly id: number; readonly vector: Buffer }> {
  for (let lastId = 0; ; ) {
    const rows = select.all(lastId, PAGE_ROWS) as { readonly id: number; readonly vector: Buffer }[];
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    lastId = last.id;
  }
}

function lengthOf(bytes: Buffer, dimensions: number): number {
  const values = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let i = 0; i < dimensions; i++) sum += values.getFloat32(i * 4, true) ** 2;
  return Math.sqrt(sum);
}

function shortened(problems: readonly string[]): string[] {
  if (problems.length <= MAX_NAMED) return [...problems];
  return [...problems.slice(0, MAX_NAMED), `and ${problems.length - MAX_NAMED} more like these`];
}
