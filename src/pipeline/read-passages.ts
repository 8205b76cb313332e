import type { ParsedDocument } from "../domain/document.ts";
import type { SourceFile } from "../ports/document-reader.ts";
import type { TokenCounter } from "../ports/embedder.ts";
import { chunkDocument } from "../stages/chunk-document.ts";
import type { InputPassage } from "./rank.ts";

export interface ReadPassagesOptions {
  readonly readDocument: (file: SourceFile) => Promise<ParsedDocument>;
  readonly counter: TokenCounter;
  readonly chunking: { readonly maxTokens: number; readonly overlapTokens: number };
}

/** A file's passages without an index: read and cut as `rerank index` does. Throws SkippedDocument when it cannot be read. */
export async function readPassages(
  file: SourceFile,
  { readDocument, counter, chunking }: ReadPassagesOptions,
): Promise<InputPassage[]> {
  const drafts = await chunkDocument(await readDocument(file), counter, chunking);
  return drafts.map((draft) => ({ ...draft, path: file.path }));
}
