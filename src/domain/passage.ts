/** Where a passage stands in its document. Lines, pages and rows count from 1; ranges include both ends. */
export interface PassageLocation {
  readonly startLine: number;
  readonly endLine: number;
  /** First page, for paged documents (PDF). Lines then count within the extracted text of that page. */
  readonly page?: number;
  /** First record, for tables and record files (CSV, TSV, JSONL). The header is not a record. */
  readonly row?: number;
}

/** A piece of a document as the chunker makes it: not stored yet. */
export interface PassageDraft {
  readonly location: PassageLocation;
  /** From the document's title down to the nearest heading, without repetition. May be empty. */
  readonly headings: readonly string[];
  readonly text: string;
}

/** A stored piece of a document: the unit that is embedded, recalled, reranked and shown. */
export interface Passage extends PassageDraft {
  readonly id: number;
  /** The vector that stands for it; passages with the same model input share one. */
  readonly vectorId: number;
  /** Relative to the folder that holds `.rerank/`, with forward slashes; absolute for files outside of it. */
  readonly path: string;
}

/**
 * What the models read for a passage: its headings, then its text. A section called "Installation" rarely repeats
 * the name of the thing that is installed; the heading path does.
 */
export function passageInput({ headings, text }: Pick<PassageDraft, "headings" | "text">): string {
  return headings.length === 0 ? text : `${headings.join(" > ")}\n${text}`;
}
