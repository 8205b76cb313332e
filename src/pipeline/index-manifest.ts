import { UserError } from "../domain/errors.ts";
import type { ModelSpec } from "../domain/model-spec.ts";
import type { IndexManifest, IndexRoot } from "../ports/passage-store.ts";

const FORMAT_VERSION = 1;
/**
 * Raised whenever the same document may give other passages than before: evaluations keep indexes and answers, and must not take the passages
 * of earlier code for those of this one. test/pipeline/passages-version.test.ts tells when.
 */
export const PASSAGES_VERSION = 1;
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
    embedTokens: embedder.maxTokens,
    rerankerId,
    dimensions: embedder.dimensions,
    ...(embedder.family === "remote" && embedder.askedDimensions !== undefined && { asksDimensions: true }),
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
    return embedderDifferences(known, wanted);
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

type EmbedderStamp = Pick<IndexManifest, "embedderId" | "dimensions" | "embedTokens">;

/** Why two fingerprints are not the same, in words. */
function embedderDifferences(known: EmbedderStamp, wanted: EmbedderStamp): string[] {
  if (known.embedderId !== wanted.embedderId) return [`the embedder ${known.embedderId}, not ${wanted.embedderId}`];
  const found: string[] = [];
  if (known.dimensions !== wanted.dimensions) found.push(`vectors of ${known.dimensions} numbers, not ${wanted.dimensions}`);
  if (readsOtherwise(known, wanted)) found.push(`an embedder that reads ${known.embedTokens} tokens of a text, not ${wanted.embedTokens}`);
  return found.length > 0 ? found : [`other files of ${known.embedderId} than those that are here now`];
}

function readsOtherwise(known: EmbedderStamp, wanted: EmbedderStamp): boolean {
  return known.embedTokens !== undefined && known.embedTokens !== wanted.embedTokens;
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
  const wanted = { embedderId: embedder.id, dimensions: embedder.dimensions, embedTokens: embedder.maxTokens };
  throw new UserError(`the index was built with ${embedderDifferences(manifest, wanted).join(" and ")}`, {
    hint: `${remedyFor(manifest, wanted)}: rerank index --rebuild`,
  });
}

function remedyFor(known: EmbedderStamp, wanted: EmbedderStamp): string {
  if (known.embedderId !== wanted.embedderId) return "leave --models and --embedder out to use the index's own, or build it anew";
  if (readsOtherwise(known, wanted)) return "leave --embed-tokens out to read as many as the index did, or build it anew";
  return "bring back the files that it was built with, or build it anew";
}
