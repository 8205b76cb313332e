import { createHash } from "node:crypto";
import { mkdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { createHnswIndex } from "../../src/adapters/hnsw-index.ts";
import { loadBetterSqlite3 } from "../../src/adapters/native-modules.ts";
import { openSqliteStore } from "../../src/adapters/sqlite-store/open-sqlite-store.ts";
import { syncHnsw } from "../../src/adapters/sync-hnsw.ts";
import { createRandom } from "../../src/domain/seeded-random.ts";
import { passageInput } from "../../src/domain/passage.ts";
import type { IndexManifest } from "../../src/ports/passage-store.ts";
import { writeFiles } from "./temp-folder.ts";

export const DIMENSIONS = 16;
export const PASSAGES_A_NOTE = 4;

export const MANIFEST: IndexManifest = {
  formatVersion: 1,
  embedderId: "mini",
  embedderFingerprint: "synthetic",
  rerankerId: "mini",
  dimensions: DIMENSIONS,
  chunking: { maxTokens: 200, overlapTokens: 20 },
  roots: [{ path: "docs", include: [], exclude: [], hidden: false, follow: false, maxFileBytes: 1_000_000 }],
  createdAt: "2026-01-01T00:00:00.000Z",
};

const WRITTEN_AT_SECONDS = 1_700_000_000;

export interface SyntheticIndex {
  /** Holds docs/ and .rerank/. */
  readonly folder: string;
  readonly generation: string;
  readonly storeFile: string;
}

/** An index as a run of `rerank index` leaves it, of notes that lie below `folder`, with vectors that no model made. */
export async function writeSyntheticIndex(folder: string, notes = 30): Promise<SyntheticIndex> {
  const generation = join(folder, ".rerank", "generation-1");
  const storeFile = join(generation, "index.sqlite");
  mkdirSync(generation, { recursive: true });
  const store = openSqliteStore(storeFile, { create: true });
  store.writeManifest(MANIFEST);
  const random = createRandom(11);
  for (let note = 0; note < notes; note++) {
    const path = notePath(note);
    const passages = Array.from({ length: PASSAGES_A_NOTE }, (_, part) => {
      // A null character is stored and digested as any other.
      const draft = { text: `Note ${note}, part ${part}: kettle${note} and teapot${part}, 茶壺, 🏺\0.`, headings: [`Note ${note}`], location: { startLine: part + 1, endLine: part + 1 } };
      return { ...draft, vectorKey: createHash("sha256").update(passageInput(draft)).digest("hex").slice(0, 32) };
    });
    writeFiles(folder, { [path]: passages.map(({ text }) => text).join("\n") });
    // Whole seconds survive being copied.
    utimesSync(join(folder, path), WRITTEN_AT_SECONDS, WRITTEN_AT_SECONDS);
    const { size, mtimeMs } = statSync(join(folder, path));
    store.saveVectors(passages.map(({ vectorKey }) => ({ vectorKey, vector: unitVector(random) })));
    store.saveDocument({ path, sizeBytes: size, mtimeMs, contentHash: "c0ffee", format: "markdown", title: path }, passages);
  }
  const hnsw = createHnswIndex({ folder: generation, dimensions: DIMENSIONS, fingerprint: MANIFEST.embedderFingerprint });
  await syncHnsw(hnsw, store);
  await hnsw.save();
  store.close();
  return { folder, generation, storeFile };
}

export function notePath(note: number): string {
  return `docs/note-${String(note).padStart(3, "0")}.md`;
}

export function unitVector(random: () => number): Float32Array {
  const vector = Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Changes the store beneath the program, foreign keys unguarded. */
export function changeStore(storeFile: string, sql: string, ...values: unknown[]): void {
  const db = new (loadBetterSqlite3())(storeFile);
  // Lets shadow tables be written too.
  db.unsafeMode(true);
  db.pragma("foreign_keys = OFF");
  db.prepare(sql).run(...values);
  db.close();
}
