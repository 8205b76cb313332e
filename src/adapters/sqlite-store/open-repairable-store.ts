import { setImmediate as nextTurn } from "node:timers/promises";
import type { RepairableStore, RepairedRows, RowRepair } from "../../ports/audited-store.ts";
import { connect, type Connection } from "./connection.ts";
import { indexedTerms } from "./documents.ts";
import { translated, translateSqliteError } from "./errors.ts";
import { storeOver } from "./open-sqlite-store.ts";
import { replaceLexicalTable } from "./schema.ts";

/** Passages between two looks at the signal: a tenth of a second of work. */
const PAGE_ROWS = 500;

/** The store in this file, for a repair; the caller holds the index's lock. */
export function openRepairableStore(file: string): RepairableStore {
  const connection = translated(file, () => connect(file, { readOnly: false, create: false }));
  const { db } = connection;
  return {
    ...storeOver(connection),
    async repairRows(repair, onProgress, signal) {
      try {
        return await repairRows(connection, repair, onProgress, signal);
      } catch (error) {
        throw translateSqliteError(error, file);
      }
    },
    compact() {
      translated(file, () => {
        db.exec("VACUUM");
        db.pragma("wal_checkpoint(TRUNCATE)");
      });
    },
  };
}

async function repairRows(
  connection: Connection,
  { forget, dropVectors, lexical }: RowRepair,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<RepairedRows> {
  const { db, prepare } = connection;
  // A transaction by hand: those of better-sqlite3 end before the first await.
  db.exec("BEGIN IMMEDIATE");
  try {
    // First of all, and without reading them: damaged entries cannot be deleted one by one.
    if (lexical === "refill") db.exec("INSERT INTO passage_terms (passage_terms) VALUES ('delete-all')");
    if (lexical === "replace") replaceLexicalTable(db);
    const remove = (passages: string, values: readonly unknown[]): number => {
      if (lexical === "keep") prepare(`DELETE FROM passage_terms WHERE rowid IN (SELECT id FROM passages WHERE ${passages})`).run(...values);
      return prepare(`DELETE FROM passages WHERE ${passages}`).run(...values).changes;
    };
    const strayPassages = remove("document_id NOT IN (SELECT id FROM documents)", []);
    const unused = "NOT EXISTS (SELECT 1 FROM passages WHERE vector_id = vectors.id)";
    // Before documents are forgotten: the next run takes their whole vectors up again by their keys.
    const unusedVectors = prepare(
      `DELETE FROM vectors WHERE id IN (SELECT id FROM vectors INDEXED BY sqlite_autoindex_vectors_1 WHERE ${unused})`,
    ).run().changes;
    const paths = JSON.stringify(forget);
    remove("document_id IN (SELECT id FROM documents WHERE path IN (SELECT value FROM json_each(?)))", [paths]);
    prepare("DELETE FROM documents WHERE path IN (SELECT value FROM json_each(?))").run(paths);
    // One that is still used stays: its documents were not named.
    const damagedVectors = prepare(`DELETE FROM vectors WHERE id IN (SELECT value FROM json_each(?)) AND ${unused}`).run(
      JSON.stringify(dropVectors),
    ).changes;
    if (lexical !== "keep") await writeTerms(connection, onProgress, signal);
    db.exec("COMMIT");
    return { strayPassages, unusedVectors, damagedVectors };
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

async function writeTerms({ prepare }: Connection, onProgress: (done: number, total: number) => void, signal: AbortSignal): Promise<void> {
  const total = prepare("SELECT count(*) FROM passages").pluck().get() as number;
  const select = prepare(`SELECT id, headings, text FROM passages WHERE id > ? ORDER BY id LIMIT ${PAGE_ROWS}`);
  const insert = prepare("INSERT INTO passage_terms (rowid, terms) VALUES (?, ?)");
  for (let lastId = 0, done = 0; ; ) {
    signal.throwIfAborted();
    const rows = select.all(lastId) as { readonly id: number; readonly headings: string; readonly text: string }[];
    for (const { id, headings, text } of rows) insert.run(id, indexedTerms({ headings: JSON.parse(headings) as string[], text }));
    const last = rows.at(-1);
    if (last === undefined) return;
    lastId = last.id;
    onProgress((done += rows.length), total);
    await nextTurn();
  }
}
