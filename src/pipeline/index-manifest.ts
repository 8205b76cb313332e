import { UserError } from "../domain/errors.ts";
import type { ModelSpec } from "../domain/model-spec.ts";
import type { IndexManifest, IndexRoot } from "../ports/passage-store.ts";

const FORMAT_VERSION = 1;
/**
 * Tokens of a passage, headings included. Long enough for a whole thought, short enough that one vector stands for it and
 * a reranker of 512 tokens reads query and passage whole.
 */
export const DEFAULT_CHUNKING = { maxTokens: 256, overlapTokens: 32 } as const;

export interface ManifestWishes {
  readonly known: IndexManifest | undefined;
  readonly embedder: ModelSpec;
  readonly rerankerId: string;
  readonly passageTokens: number | undefined;
  readonly overlapTokens: number | undefined;
  readonly roots: readonly IndexRoot[];
}

/** The manifest of an index as a run wants it: what the user said, else what the index has, else the defaults. */
export function manifestOf({ known, embedder, rerankerId, passageTokens, overlapTokens, roots }: ManifestWishes): IndexManifest {
  // Another embedder may have room for more, or less, than the one whose limit shaped the index so far.
  const cut = known?.embedderFingerprint === embedder.fingerprint ? known.chunking : undefined;
  const maxTokens = Math.min(passageTokens ?? cut?.maxTokens ?? DEFAULT_CHUNKING.maxTokens, roomOf(embedder));
  // An overlap that nobody asked for gives way to a model that reads little.
  const usualOverlap = Math.min(cut?.overlapTokens ?? DEFAULT_CHUNKING.overlapTokens, Math.floor(maxTokens / 2));
  const chunking = { maxTokens, overlapTokens: overlapTokens ?? usualOverlap };
  if (chunking.overlapTokens * 2 > chunking.maxTokens) {
    throw new UserError(`an overlap of ${chunking.overlapTokens} tokens is more than half of a passage of ${chunking.maxTokens}`, {
      hint: "lower --overlap-tokens or raise --passage-tokens",
    });
  }
  return {
    formatVersion: FORMAT_VERSION,
    embedderId: embedder.id,
    embedderFingerprint: embedder.fingerprint,
    rerankerId,
    dimensions: embedder.dimensions,
    chunking,
    roots,
    createdAt: known?.createdAt ?? new Date().toISOString(),
  };
}

/** Special tokens around a text, and those of a prefix such as "passage: ", which are not counted as a passage's own. */
const RESERVED_TOKENS = 8;

/** Tokens of a passage that the embedder reads whole. */
function roomOf(embedder: ModelSpec): number {
  // No tokenizer makes more tokens of a prefix than it has characters. Qwen3 reads passages bare.
  const prefixTokens = embedder.family === "encoder" ? embedder.passagePrefix.length : 0;
  return Math.max(1, embedder.maxTokens - RESERVED_TOKENS - prefixTokens);
}

/** What keeps two manifests' passages and vectors from living in one index, in words; empty when nothing does. */
export function differences(known: IndexManifest, wanted: IndexManifest): string[] {
  if (known.embedderFingerprint !== wanted.embedderFingerprint) {
    // Passages are often cut otherwise because the model is another one: that is no news then.
    return [
      known.embedderId === wanted.embedderId
        ? `other files or settings of ${known.embedderId}`
        : `the embedder ${known.embedderId}, not ${wanted.embedderId}`,
    ];
  }
  const found: string[] = [];
  if (known.chunking.maxTokens !== wanted.chunking.maxTokens) {
    found.push(`passages of ${known.chunking.maxTokens} tokens, not ${wanted.chunking.maxTokens}`);
  }
  if (known.chunking.overlapTokens !== wanted.chunking.overlapTokens) {
    found.push(`an overlap of ${known.chunking.overlapTokens} tokens, not ${wanted.chunking.overlapTokens}`);
  }
  return found;
}

/** Throws UserError when the index was built otherwise than this run would build it. */
export function requireSameManifest(known: IndexManifest, wanted: IndexManifest): void {
  const found = differences(known, wanted);
  if (found.length === 0) return;
  throw new UserError(`the index was built with ${found.join(" and ")}`, {
    hint: "leave those options out, or build it anew: rerank index --rebuild",
  });
}

/** Throws UserError when a search's embedder is not the one that made the index's vectors. */
export function requireSameEmbedder(manifest: IndexManifest, embedder: ModelSpec): void {
  if (embedder.fingerprint === manifest.embedderFingerprint) return;
  throw new UserError(
    embedder.id === manifest.embedderId
      ? `the index was built with other files or settings of ${embedder.id} than those that are here now`
      : `the index was built with ${manifest.embedderId}, not ${embedder.id}`,
    { hint: "leave --models and --embedder out to use the index's own, or build it anew: rerank index --rebuild" },
  );
}
