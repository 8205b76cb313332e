import { passageInput, type PassageDraft } from "../../domain/passage.ts";
import { lexicalTerms } from "../../domain/lexical-terms.ts";
import type { DocumentRecord, KeyedPassage, PassageStore } from "../../ports/passage-store.ts";
import type { Connection } from "./connection.ts";

type DocumentMethods = Pick<
  PassageStore,
  "documents" | "saveDocument" | "touchDocuments" | "moveDocument" | "removeDocuments" | "paths"
>;

type Skip = NonNullable<DocumentRecord["skip"]>;
type DocumentRow = Omit<DocumentRecord, "skip"> & { readonly skip: string | null };

/** Documents with their passages, and the lexical index that is kept in step with them. */
export function createDocumentMethods({ db, prepare }: Connection): DocumentMethods {
  /** Removes a document with its passages and their terms; nothing happens when there is none. */
  function remove(path: string): void {
    const id = prepare("SELECT id FROM documents WHERE path = ?").pluck().get(path);
    if (id === undefined) return;
    prepare("DELETE FROM passage_terms WHERE rowid IN (SELECT id FROM passages WHERE document_id = ?)").run(id);
    prepare("DELETE FROM passages WHERE document_id = ?").run(id);
    prepare("DELETE FROM documents WHERE id = ?").run(id);
  }

  function insertPassage(documentId: number | bigint, passage: KeyedPassage): void {
    const { location, headings, text, vectorKey } = passage;
    const vectorId = prepare("SELECT id FROM vectors WHERE vector_key = ?").pluck().get(vectorKey);
    if (vectorId === undefined) throw new Error(`a passage is saved before its vector ${vectorKey}`);
    const { lastInsertRowid: passageId } = prepare(
      `INSERT INTO passages (document_id, vector_id, start_line, end_line, page, row_number, headings, text)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      documentId,
      vectorId,
      location.startLine,
      location.endLine,
      location.page ?? null,
      location.row ?? null,
      JSON.stringify(headings),
      text,
    );
    prepare("INSERT INTO passage_terms (rowid, terms) VALUES (?, ?)").run(passageId, indexedTerms(passage));
  }

  const save = db.transaction((document: DocumentRecord, passages: readonly KeyedPassage[]) => {
    remove(document.path);
    const { lastInsertRowid } = prepare(
      `INSERT INTO documents (path, size_bytes, mtime_ms, content_hash, format, title, skip)
       VALUES (:path, :sizeBytes, :mtimeMs, :contentHash, :format, :title, :skip)`,
    ).run(columnsOf(document));
    for (const passage of passages) insertPassage(lastInsertRowid, passage);
  });

  const touch = db.transaction((documents: readonly Pick<DocumentRecord, "path" | "sizeBytes" | "mtimeMs">[]) => {
    const update = prepare("UPDATE documents SET size_bytes = ?, mtime_ms = ? WHERE path = ?");
    for (const { path, sizeBytes, mtimeMs } of documents) update.run(sizeBytes, mtimeMs, path);
  });

  const move = db.transaction((from: string, to: DocumentRecord) => {
    if (from !== to.path) remove(to.path);
    const { changes } = prepare(
      `UPDATE documents SET path = :path, size_bytes = :sizeBytes, mtime_ms = :mtimeMs, content_hash = :contentHash,
         format = :format, title = :title, skip = :skip WHERE path = :from`,
    ).run({ ...columnsOf(to), from });
    if (changes !== 1) throw new Error(`a document is moved that is not stored: ${from}`);
  });

  const removeAll = db.transaction((paths: readonly string[]) => {
    for (const path of paths) remove(path);
  });

  return {
    documents() {
      const select = `SELECT path, size_bytes AS sizeBytes, mtime_ms AS mtimeMs, content_hash AS contentHash, format, title, skip
        FROM documents`;
      const rows = prepare(select).all() as DocumentRow[];
      return rows.map(({ skip, ...document }) => (skip === null ? document : { ...document, skip: JSON.parse(skip) as Skip }));
    },
    // Immediate: a transaction that starts by reading cannot wait for another writer later on.
    saveDocument: (document, passages) => save.immediate(document, passages),
    touchDocuments: (documents) => touch.immediate(documents),
    moveDocument: (from, to) => move.immediate(from, to),
    removeDocuments: (paths) => removeAll.immediate(paths),
    paths: () => prepare("SELECT path FROM documents WHERE skip IS NULL").pluck().all() as string[],
  };
}

/** What the lexical index holds of a passage. */
export function indexedTerms(passage: Pick<PassageDraft, "headings" | "text">): string {
  return lexicalTerms(passageInput(passage)).join(" ");
}

/** Only the columns: SQLite refuses parameters that a statement does not name, and callers may pass richer records. */
function columnsOf({ path, sizeBytes, mtimeMs, contentHash, format, title, skip }: DocumentRecord): DocumentRow {
  return { path, sizeBytes, mtimeMs, contentHash, format, title, skip: skip === undefined ? null : JSON.stringify(skip) };
}
