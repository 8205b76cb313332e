import { openSqliteStore } from "../../src/adapters/sqlite-store/open-sqlite-store.ts";
import type { Embedder } from "../../src/ports/embedder.ts";
import type { PassageStore } from "../../src/ports/passage-store.ts";

/** A store in memory with these passages, a line each, by path. */
export async function filledStore(texts: Readonly<Record<string, readonly string[]>>, embedder: Embedder): Promise<PassageStore> {
  const store = openSqliteStore(":memory:", { create: true });
  for (const [path, passages] of Object.entries(texts)) {
    const embeddings = await embedder.embedPassages(passages);
    store.saveVectors(embeddings.map(({ vector }, position) => ({ vectorKey: passages[position] ?? "", vector })));
    store.saveDocument(
      { path, sizeBytes: 1, mtimeMs: 1, contentHash: path, format: "text", title: path },
      passages.map((text, position) => ({ text, headings: [], location: { startLine: position + 1, endLine: position + 1 }, vectorKey: text })),
    );
  }
  return store;
}
