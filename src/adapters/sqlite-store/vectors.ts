import type { PassageStore, VectorCensus } from "../../ports/passage-store.ts";
import type { StoredVector } from "../../ports/vector-index.ts";
import type { Connection } from "./connection.ts";
import { damaged, translated } from "./errors.ts";

type VectorMethods = Pick<
  PassageStore,
  | "knownVectorKeys"
  | "saveVectors"
  | "pruneVectors"
  | "vectorCensus"
  | "vectorIds"
  | "vectors"
  | "vectorIdsOfDocuments"
>;

/** Vectors read at a time: 0.8 MB at 384 dimensions. */
const PAGE_SIZE = 512;

interface VectorRow {
  readonly id: number;
  readonly vector: Buffer;
}

/** Vectors under their keys, as little-endian float32. */
export function createVectorMethods({ db, prepare, file }: Connection): VectorMethods {
  const save = db.transaction((vectors: Parameters<PassageStore["saveVectors"]>[0]): StoredVector[] => {
    const find = prepare("SELECT id, vector FROM vectors WHERE vector_key = ?");
    const insert = prepare("INSERT INTO vectors (vector_key, vector) VALUES (?, ?)");
    return vectors.map(({ vectorKey, vector }) => {
      const known = find.get(vectorKey) as VectorRow | undefined;
      if (known !== undefined) return storedVector(known, file);
      const { lastInsertRowid } = insert.run(vectorKey, bytesOf(vector));
      return { vectorId: Number(lastInsertRowid), vector };
    });
  });

  const prune = db.transaction(() => {
    // The inner query reads two indexes; a plain NOT IN on the table would read every blob.
    prepare(
      `DELETE FROM vectors WHERE id IN (
         SELECT id FROM vectors INDEXED BY sqlite_autoindex_vectors_1
         WHERE NOT EXISTS (SELECT 1 FROM passages WHERE vector_id = vectors.id))`,
    ).run();
  });

  /** A page at a time: an open statement would lock the connection while the caller works or awaits. */
  function* streamAll(): IterableIterator<StoredVector> {
    for (let afterId = 0; ; ) {
      const rows = translated(file, () =>
        prepare("SELECT id, vector FROM vectors WHERE id > ? ORDER BY id LIMIT ?").all(afterId, PAGE_SIZE),
      ) as VectorRow[];
      for (const row of rows) yield storedVector(row, file);
      const last = rows.at(-1);
      if (last === undefined) return;
      afterId = last.id;
    }
  }

  function* streamSome(ids: readonly number[]): IterableIterator<StoredVector> {
    const ordered = Array.from(new Set(ids)).sort((a, b) => a - b);
    for (let start = 0; start < ordered.length; start += PAGE_SIZE) {
      const page = JSON.stringify(ordered.slice(start, start + PAGE_SIZE));
      const rows = translated(file, () =>
        prepare("SELECT id, vector FROM vectors WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id").all(page),
      ) as VectorRow[];
      for (const row of rows) yield storedVector(row, file);
    }
  }

  return {
    knownVectorKeys(keys) {
      const known = prepare("SELECT vector_key FROM vectors WHERE vector_key IN (SELECT value FROM json_each(?))");
      return new Set(known.pluck().all(JSON.stringify(keys)) as string[]);
    },
    saveVectors: (vectors) => save.immediate(vectors),
    pruneVectors: () => prune.immediate(),
    vectorCensus() {
      const select = `SELECT (SELECT count(*) FROM vectors) AS count,
        (SELECT coalesce(max(id), 0) FROM vectors) AS maxVectorId`;
      return prepare(select).get() as VectorCensus;
    },
    vectorIds() {
      const ids = prepare("SELECT id FROM vectors INDEXED BY sqlite_autoindex_vectors_1").pluck().all() as number[];
      return ids.sort((a, b) => a - b);
    },
    vectors: (ids) => (ids === undefined ? streamAll() : streamSome(ids)),
    vectorIdsOfDocuments(paths) {
      // CROSS JOIN keeps this order: from the few paths to their rows.
      const select = prepare(
        `SELECT p.vector_id FROM json_each(?) AS wanted
         CROSS JOIN documents AS d ON d.path = wanted.value
         CROSS JOIN passages AS p ON p.document_id = d.id`,
      );
      return new Set(select.pluck().all(JSON.stringify(paths)) as number[]);
    },
  };
}

function bytesOf(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

function storedVector({ id, vector: bytes }: VectorRow, file: string): StoredVector {
  if (bytes.byteLength % 4 !== 0) throw damaged(file, `vector ${id} has ${bytes.byteLength} bytes`);
  // A copy: the blob need not start where a float may.
  const vector = new Float32Array(bytes.byteLength / 4);
  new Uint8Array(vector.buffer).set(bytes);
  return { vectorId: id, vector };
}
