import type { AuditedStore, StoreSizes, StoredPassage } from "../../ports/audited-store.ts";
import type { PassageStore } from "../../ports/passage-store.ts";
import { checkedVectors, rowFaultsOf } from "./check.ts";
import { connect, type Connection } from "./connection.ts";
import { DamagedStore, translated, unlessDamaged } from "./errors.ts";
import { integrityOf } from "./integrity.ts";
import { storeOver, translateAll } from "./open-sqlite-store.ts";
import { isBlank } from "./schema.ts";

/** Passages read at a time, a megabyte or so. */
const PAGE_ROWS = 500;
/** FTS5 parses an expression of so many terms in microseconds; more of a passage's terms tell nothing new. */
const MOST_TERMS = 64;

/**
 * The store in this file, for an audit. It changes nothing.
 * @throws UserError as openSqliteStore does.
 */
export function openAuditedStore(file: string): AuditedStore {
  const connection = translated(file, () => connect(file, { readOnly: true, create: false }));
  const { db, prepare } = connection;
  try {
    // One read transaction: what other processes commit from now on is not seen.
    translated(file, () => {
      db.exec("BEGIN");
      isBlank(db);
    });
  } catch (error) {
    connection.close();
    throw error;
  }
  const store = storeOver(connection);
  const looks: Omit<AuditedStore, keyof PassageStore | "storedPassages" | "checkedVectors"> = {
    integrity() {
      const integrity = integrityOf(connection);
      return integrity.database.length > 0 ? integrity : { ...integrity, database: manifestFaults(store) };
    },
    rowFaults: () => rowFaultsOf(connection),
    unreadableDocuments() {
      return prepare("SELECT path FROM documents WHERE skip IS NOT NULL AND NOT json_valid(skip)").pluck().all() as string[];
    },
    unusedVectors() {
      const count = `SELECT count(*) FROM vectors INDEXED BY sqlite_autoindex_vectors_1
        WHERE NOT EXISTS (SELECT 1 FROM passages WHERE vector_id = vectors.id)`;
      return prepare(count).pluck().get() as number;
    },
    documentsOfVectors(vectorIds) {
      const select = prepare(
        `SELECT DISTINCT d.path FROM json_each(?) AS wanted
         CROSS JOIN passages AS p ON p.vector_id = wanted.value
         CROSS JOIN documents AS d ON d.id = p.document_id ORDER BY d.path`,
      );
      return select.pluck().all(JSON.stringify(vectorIds)) as string[];
    },
    isFoundBy(passageId, terms) {
      const match = [...new Set(terms)].slice(0, MOST_TERMS).map((term) => `"${term}"`).join(" AND ");
      // Numbers are bound as floating point, and FTS5 ignores a rowid that is no integer.
      const find = "SELECT count(*) FROM passage_terms WHERE passage_terms MATCH ? AND rowid = CAST(? AS INTEGER)";
      return match === "" || unlessDamaged(() => prepare(find).pluck().get(match, passageId) === 1, () => false);
    },
    sizes: () => sizesOf(connection),
  };
  return {
    ...store,
    ...translateAll(file, looks),
    storedPassages: () => translatedRows(file, storedPassages(connection)),
    checkedVectors: (dimensions, ids) => translatedRows(file, checkedVectors(connection, dimensions, ids)),
  };
}

/** The manifest can be no JSON in a database that is whole. */
function manifestFaults(store: PassageStore): string[] {
  try {
    store.readManifest();
    return [];
  } catch (error) {
    if (error instanceof DamagedStore) return [error.message];
    throw error;
  }
}

/** What fails in a generator fails when it is asked for the next row. */
function* translatedRows<Row>(file: string, rows: Generator<Row>): Generator<Row> {
  for (;;) {
    const next = translated(file, () => rows.next());
    if (next.done === true) return;
    yield next.value;
  }
}

interface PassageRow {
  readonly id: number;
  readonly path: string | null;
  readonly headings: string;
  readonly text: string;
  readonly vectorKey: string | null;
}

function* storedPassages({ prepare }: Connection): Generator<StoredPassage> {
  const select = prepare(
    `SELECT p.id, d.path, p.headings, p.text, v.vector_key AS vectorKey FROM passages AS p
     LEFT JOIN documents AS d ON d.id = p.document_id LEFT JOIN vectors AS v ON v.id = p.vector_id
     WHERE p.id > ? ORDER BY p.id LIMIT ${PAGE_ROWS}`,
  );
  for (let lastId = 0; ; ) {
    const rows = select.all(lastId) as PassageRow[];
    for (const row of rows) yield { ...row, headings: headingsOf(row) };
    const last = rows.at(-1);
    if (last === undefined) return;
    lastId = last.id;
  }
}

function headingsOf({ headings }: PassageRow): readonly string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(headings);
    return Array.isArray(parsed) && parsed.every((heading) => typeof heading === "string") ? parsed : undefined;
  } catch {
    // No JSON any more: the caller counts the passage as damaged.
    return undefined;
  }
}

function sizesOf({ db, prepare }: Connection): StoreSizes {
  const rows = prepare("SELECT name, pgsize AS sizeBytes FROM dbstat WHERE aggregate = TRUE").all() as { name: string; sizeBytes: number }[];
  const sizes = { documents: 0, passages: 0, vectors: 0, lexicalIndex: 0, other: 0 };
  for (const { name, sizeBytes } of rows) sizes[partOf(name)] += sizeBytes;
  return { ...sizes, free: Number(db.pragma("freelist_count", { simple: true })) * Number(db.pragma("page_size", { simple: true })) };
}

/** What a table or index belongs to: "sqlite_autoindex_vectors_1" and "vectors" are one. */
function partOf(name: string): Exclude<keyof StoreSizes, "free"> {
  if (name.startsWith("passage_terms")) return "lexicalIndex";
  const [, table] = /^(?:sqlite_autoindex_)?(documents|passages|vectors)(?:_.*)?$/.exec(name) ?? [];
  return table === undefined ? "other" : (table as "documents" | "passages" | "vectors");
}
