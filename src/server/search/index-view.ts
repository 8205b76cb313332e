import type { ModelSpec } from "../../domain/model-spec.ts";
import type { IndexManifest, PassageStore } from "../../ports/passage-store.ts";
import type { VectorIndex } from "../../ports/vector-index.ts";

/** An index as it was when it was last looked at. */
export interface IndexView {
  /** The folder that documents' paths are relative to. */
  readonly baseFolder: string;
  readonly manifest: IndexManifest;
  readonly store: PassageStore;
  readonly vectorIndex: VectorIndex;
  /** The model that the vectors are of. */
  readonly embedder: ModelSpec;
}

/** The index that is searched, which another process may write at any time. */
export interface IndexViews {
  /**
   * Runs `work` on the index as it is now, and keeps that view open until it has ended, whatever becomes of the index meanwhile.
   * Rejects with ServiceError `not-found` where there is no index, with UserError where there is one that cannot be used.
   */
  use<T>(work: (view: IndexView) => Promise<T>): Promise<T>;
  /** Closes the view as soon as the work on it has ended. */
  close(): void;
}
