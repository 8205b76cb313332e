import { createHash } from "node:crypto";
import type { PassageDraft } from "../domain/passage.ts";
import { passageInput } from "../domain/passage.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { DocumentRecord, KeyedPassage, PassageStore } from "../ports/passage-store.ts";
import type { StoredVector } from "../ports/vector-index.ts";
import { embedPassages, type PendingText } from "../stages/embed-passages.ts";

/**
 * Texts that wait for the model before they are sorted by length and embedded. Large enough that neighbours are of
 * similar length, small enough that documents are finished, and counted, all along.
 */
const WINDOW_TEXTS = 128;
const WINDOW_CHARS = 1_000_000;
/** Characters of all passages of the waiting documents, known vectors or not: what a resumed run holds in memory. */
const WAITING_DOCUMENT_CHARS = 4_000_000;

export interface EmbeddingWindowOptions {
  readonly embedder: Embedder;
  readonly store: PassageStore;
  readonly signal?: AbortSignal;
  /** After each committed batch of vectors. */
  readonly onEmbedded: (added: readonly StoredVector[], truncated: number) => void;
  /** After a document is committed, with all its passages. */
  readonly onSaved: (document: DocumentRecord, passageCount: number) => void;
}

/** Documents on their way into the store: each is saved as soon as the last of its passages has a vector. */
export interface EmbeddingWindow {
  /** Takes a document; saves it at once when all its vectors are known. Gives the number of passages that add no text to embed. */
  add(document: DocumentRecord, drafts: readonly PassageDraft[]): number;
  /** Time to flush. */
  readonly isFull: boolean;
  /** Embeds what waits. Rejects with the signal's reason when aborted; what is committed stays. */
  flush(): Promise<void>;
}

interface WaitingDocument {
  readonly record: DocumentRecord;
  readonly passages: readonly KeyedPassage[];
  /** Keys of its passages that have no vector yet. */
  readonly missing: Set<string>;
}

export function createEmbeddingWindow({ embedder, store, signal, onEmbedded, onSaved }: EmbeddingWindowOptions): EmbeddingWindow {
  const texts = new Map<string, PendingText>();
  const waitingFor = new Map<string, WaitingDocument[]>();
  let textChars = 0;
  let documentChars = 0;

  function save({ record, passages }: WaitingDocument): void {
    store.saveDocument(record, passages);
    onSaved(record, passages.length);
  }

  function settle(keys: readonly string[]): void {
    for (const key of keys) {
      for (const document of waitingFor.get(key) ?? []) {
        document.missing.delete(key);
        if (document.missing.size === 0) save(document);
      }
      waitingFor.delete(key);
    }
  }

  return {
    add(record, drafts) {
      const passages = drafts.map((draft) => ({ ...draft, vectorKey: vectorKeyOf(passageInput(draft)) }));
      const known = store.knownVectorKeys(passages.map(({ vectorKey }) => vectorKey));
      const document: WaitingDocument = { record, passages, missing: new Set() };
      const textsBefore = texts.size;
      for (const passage of passages) {
        const { vectorKey } = passage;
        documentChars += passage.text.length;
        if (known.has(vectorKey) || document.missing.has(vectorKey)) continue;
        document.missing.add(vectorKey);
        waitingFor.set(vectorKey, [...(waitingFor.get(vectorKey) ?? []), document]);
        if (texts.has(vectorKey)) continue;
        const text = passageInput(passage);
        texts.set(vectorKey, { vectorKey, text });
        textChars += text.length;
      }
      if (document.missing.size === 0) save(document);
      return passages.length - (texts.size - textsBefore);
    },

    get isFull() {
      return texts.size >= WINDOW_TEXTS || textChars >= WINDOW_CHARS || documentChars >= WAITING_DOCUMENT_CHARS;
    },

    async flush() {
      await embedPassages([...texts.values()], embedder, store, {
        ...(signal && { signal }),
        onCommitted(batch, added, truncated) {
          onEmbedded(added, truncated);
          settle(batch.map(({ vectorKey }) => vectorKey));
        },
      });
      texts.clear();
      waitingFor.clear();
      textChars = 0;
      documentChars = 0;
    },
  };
}

/** The key of the vector of what the models read, `passageInput(passage)`. */
export function vectorKeyOf(input: string): string {
  return createHash("sha256").update(input).digest("hex").slice(0, 32);
}
