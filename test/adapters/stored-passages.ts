import { createHash } from "node:crypto";
import { passageInput } from "../../src/domain/passage.ts";
import type { DocumentRecord, IndexManifest, KeyedPassage, PassageStore } from "../../src/ports/passage-store.ts";

const DIMENSIONS = 8;

export const MANIFEST: IndexManifest = {
  formatVersion: 1,
  embedderId: "mini",
  embedderFingerprint: "mini@1",
  rerankerId: "mini",
  dimensions: DIMENSIONS,
  chunking: { maxTokens: 200, overlapTokens: 20 },
  roots: [{ path: ".", include: ["*.md"], exclude: [], hidden: false, follow: false, maxFileBytes: 1000 }],
  createdAt: "2026-01-01T00:00:00.000Z",
};

export function documentOf(path: string): DocumentRecord {
  return { path, sizeBytes: 10, mtimeMs: 1_700_000_000_000.125, contentHash: "c0ffee", format: "markdown", title: path };
}

export function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

export function passageDraft(text: string): KeyedPassage {
  const draft = { text, headings: [], location: { startLine: 1, endLine: 2 } };
  return { ...draft, vectorKey: keyOf(passageInput(draft)) };
}

/** A vector of unit length, another one for each seed. */
export function unitVector(seed: number): Float32Array {
  const vector = Float32Array.from({ length: DIMENSIONS }, (_, position) => Math.sin(seed * 7.3 + position * 1.7));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Saves a document of these texts as an indexing run does: vectors first. */
export function saveTexts(store: PassageStore, path: string, texts: readonly string[]): void {
  const passages = texts.map(passageDraft);
  store.saveVectors(passages.map(({ vectorKey }, position) => ({ vectorKey, vector: unitVector(position) })));
  store.saveDocument(documentOf(path), passages);
}
