import type { Embedder } from "../ports/embedder.ts";
import type { PassageStore } from "../ports/passage-store.ts";
import type { StoredVector } from "../ports/vector-index.ts";

/** A passage's text as the model reads it, under the key of its vector. */
export interface PendingText {
  readonly vectorKey: string;
  readonly text: string;
}

export interface EmbedStageOptions {
  readonly signal?: AbortSignal;
  /** Called after each committed batch with its texts, the vectors that it added, and how many texts were cut. */
  readonly onCommitted: (batch: readonly PendingText[], added: readonly StoredVector[], truncated: number) => void;
}

/** Texts between two commits: what is lost at most when the process is killed. */
const COMMIT_SIZE = 32;

/**
 * Embeds texts, shortest first, and commits every batch. Neighbours of similar length keep the engine's buffers
 * the same size from one run to the next.
 */
export async function embedPassages(
  texts: readonly PendingText[],
  embedder: Embedder,
  store: PassageStore,
  { signal, onCommitted }: EmbedStageOptions,
): Promise<void> {
  const byLength = texts.toSorted((a, b) => a.text.length - b.text.length);
  for (let start = 0; start < byLength.length; start += COMMIT_SIZE) {
    const batch = byLength.slice(start, start + COMMIT_SIZE);
    const embeddings = await embedder.embedPassages(
      batch.map(({ text }) => text),
      { ...(signal && { signal }) },
    );
    const added = store.saveVectors(
      embeddings.map(({ vector }, position) => ({ vectorKey: batch[position]?.vectorKey ?? "", vector })),
    );
    onCommitted(batch, added, embeddings.filter(({ truncated }) => truncated).length);
  }
}
