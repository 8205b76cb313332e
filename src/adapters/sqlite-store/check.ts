import type { CheckedVector, RowFaults } from "../../ports/audited-store.ts";
import type { IndexManifest } from "../../ports/passage-store.ts";
import type { Connection } from "./connection.ts";
import { unlessDamaged } from "./errors.ts";
import { integrityOf } from "./integrity.ts";

/** Unit vectors in float32 are this far from length 1 at most, with a wide margin. */
const LENGTH_TOLERANCE = 1e-3;
/** Problems named one by one; the rest is a number. */
const MAX_NAMED = 5;

/** One line per problem of the store; see PassageStore.check. */
export function checkStore(connection: Connection, manifest: IndexManifest | undefined): string[] {
  const { database, lexical } = integrityOf(connection);
  const integrity = [...database, ...lexical];
  if (integrity.length > 0) return shortened(integrity.map((line) => `damaged database: ${line}`));

  const problems: string[] = [];
  const { strayReferences, withoutTerms, strayTerms } = rowFaultsOf(connection);
  if (strayReferences > 0) problems.push(`${strayReferences} rows point at a document or vector that is not there`);
  if (withoutTerms > 0) problems.push(`${withoutTerms} passages are missing from the lexical index`);
  if (strayTerms > 0) problems.push(`${strayTerms} entries of the lexical index belong to no passage`);
  if (manifest === undefined) {
    const documents = connection.prepare("SELECT count(*) FROM documents").pluck().get();
    if (documents !== 0) problems.push("the manifest is missing");
    return problems;
  }
  const faults: string[] = [];
  for (const { vectorId, fault } of checkedVectors(connection, manifest.dimensions)) {
    if (fault !== undefined) faults.push(`vector ${vectorId} has ${fault}`);
  }
  return [...problems, ...shortened(faults)];
}

export function rowFaultsOf({ prepare }: Connection): RowFaults {
  const count = (sql: string) => prepare(sql).pluck().get() as number;
  const terms = unlessDamaged(
    () => ({
      withoutTerms: count("SELECT count(*) FROM passages WHERE id NOT IN (SELECT id FROM passage_terms_docsize)"),
      strayTerms: count("SELECT count(*) FROM passage_terms_docsize WHERE id NOT IN (SELECT id FROM passages)"),
    }),
    () => ({ withoutTerms: 0, strayTerms: 0 }),
  );
  return { strayReferences: count("SELECT count(*) FROM pragma_foreign_key_check"), ...terms };
}

const PAGE_ROWS = 512;

/** All vectors in id order, or those asked for, each with what is wrong with it. In pages: see kept-database.ts. */
export function* checkedVectors({ prepare }: Connection, dimensions: number, ids?: readonly number[]): Generator<CheckedVector> {
  const wanted = ids === undefined ? "" : "AND id IN (SELECT value FROM json_each(?))";
  const select = prepare(`SELECT id, vector FROM vectors WHERE id > ? ${wanted} ORDER BY id LIMIT ${PAGE_ROWS}`);
  const values = ids === undefined ? [] : [JSON.stringify(ids)];
  for (let lastId = 0; ; ) {
    const rows = select.all(lastId, ...values) as { readonly id: number; readonly vector: Buffer }[];
    for (const { id, vector } of rows) yield { vectorId: id, ...checked(vector, dimensions) };
    const last = rows.at(-1);
    if (last === undefined) return;
    lastId = last.id;
  }
}

function checked(bytes: Buffer, dimensions: number): Omit<CheckedVector, "vectorId"> {
  if (bytes.byteLength !== dimensions * 4) return { vector: undefined, fault: `${bytes.byteLength / 4} dimensions, not ${dimensions}` };
  // A copy: the blob need not start where a float may.
  const vector = new Float32Array(dimensions);
  new Uint8Array(vector.buffer).set(bytes);
  const length = lengthOf(vector);
  const isUnit = Math.abs(length - 1) <= LENGTH_TOLERANCE;
  return isUnit ? { vector, fault: undefined } : { vector: undefined, fault: `length ${Number(length.toPrecision(6))}, not 1` };
}

function lengthOf(vector: Float32Array): number {
  let sum = 0;
  for (const value of vector) sum += value ** 2;
  return Math.sqrt(sum);
}

function shortened(problems: readonly string[]): string[] {
  if (problems.length <= MAX_NAMED) return [...problems];
  return [...problems.slice(0, MAX_NAMED), `and ${problems.length - MAX_NAMED} more like these`];
}
