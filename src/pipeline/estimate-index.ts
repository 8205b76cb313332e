import { wellFormed, type ParsedDocument } from "../domain/document.ts";
import { estimateTokens } from "../domain/estimate-tokens.ts";
import { passageInput } from "../domain/passage.ts";
import type { SourceFile } from "../ports/document-reader.ts";
import type { TokenCounter } from "../ports/embedder.ts";
import type { FileSource, FoundFile } from "../ports/file-source.ts";
import type { PassageStore } from "../ports/passage-store.ts";
import { chunkDocument } from "../stages/chunk-document.ts";
import type { BuildIndexOptions } from "./build-index.ts";
import { vectorKeyOf } from "./embedding-window.ts";
import { contentHashOf, planIndex, takeMoved, type IndexPlan } from "./plan-index.ts";
import { untilAborted } from "./until-aborted.ts";

export interface EstimateIndexDependencies {
  readonly store: PassageStore;
  readonly files: FileSource;
  readonly readDocument: (file: SourceFile) => Promise<ParsedDocument>;
  readonly counter: TokenCounter;
}

/** What a run would have embedded. */
export interface EmbeddingEstimate {
  /** Each text once, without those whose vector the index has. */
  readonly passages: number;
  /** About: nobody has the tokenizer of a remote model. */
  readonly tokens: number;
}

/**
 * Reads all that a run of `buildIndex` would read, and counts what it would send to the embedder. Writes nothing, embeds nothing. What
 * cannot be read counts as nothing: the run names it.
 *
 * Rejects with `signal.reason` when aborted.
 */
export async function estimateIndex(deps: EstimateIndexDependencies, { roots, chunking, signal }: BuildIndexOptions): Promise<EmbeddingEstimate> {
  const { store, files } = deps;
  const stored = store.documents();
  const known = new Map(stored.map((document) => [document.path, document]));
  const plan = await planIndex(files, roots, stored, () => {}, signal);
  const counted = new Set<string>();
  let tokens = 0;
  for (const file of plan.pending) {
    signal?.throwIfAborted();
    const texts = await textsToEmbed(file, known.get(file.path)?.contentHash, plan, deps, { chunking, signal });
    for (const { key, text } of texts) {
      if (counted.has(key)) continue;
      counted.add(key);
      tokens += estimateTokens(text);
    }
  }
  return { passages: counted.size, tokens };
}

async function textsToEmbed(
  file: FoundFile,
  knownHash: string | undefined,
  plan: IndexPlan,
  { store, files, readDocument, counter }: EstimateIndexDependencies,
  { chunking, signal }: Pick<BuildIndexOptions, "chunking"> & { readonly signal: AbortSignal | undefined },
): Promise<{ readonly key: string; readonly text: string }[]> {
  try {
    const bytes = await untilAborted(files.read(file), signal);
    const contentHash = contentHashOf(bytes);
    if (contentHash === knownHash || (knownHash === undefined && takeMoved(plan, file, contentHash) !== undefined)) return [];
    const document = wellFormed(await untilAborted(readDocument({ path: file.path, bytes }), signal));
    const drafts = await untilAborted(chunkDocument(document, counter, chunking), signal);
    const texts = drafts.map(passageInput).map((text) => ({ key: vectorKeyOf(text), text }));
    const embedded = store.knownVectorKeys(texts.map(({ key }) => key));
    return texts.filter(({ key }) => !embedded.has(key));
  } catch (error) {
    if (signal?.aborted) throw error;
    // The run meets the same and counts it as skipped, or fails of it.
    return [];
  }
}
