/** One piece of a document in reading order, as its reader found it. */
export interface DocumentBlock {
  readonly kind: "heading" | "paragraph" | "list-item" | "code" | "table-row" | "record";
  readonly text: string;
  /** 1 (document) to 6, for headings only. */
  readonly level?: number;
  /** Lines of the source file (for PDF and DOCX: of the extracted text), from 1, both ends included. */
  readonly startLine: number;
  readonly endLine: number;
  readonly page?: number;
  readonly row?: number;
  /** For a table row: the table's header row as text, repeated at the top of each passage that the table is split into. */
  readonly tableHeader?: string;
}

/** A document after its reader: text in blocks, no bytes, no markup beyond what helps reading. */
export interface ParsedDocument {
  /** Title, first heading or file name: what a person would call it. */
  readonly title: string;
  /** The reader's name for the format: "markdown", "text", "code", "html", "pdf", "docx", "csv", "json", "jsonl", "notebook". */
  readonly format: string;
  readonly blocks: readonly DocumentBlock[];
  /** The character encoding that was found, for text formats: "utf-8", "gb18030", "shift_jis", ... */
  readonly encoding?: string;
  /** One line each about parts that were left out (a broken JSONL line, say). They are counted and shown. */
  readonly warnings: readonly string[];
}

/**
 * The same document with a replacement character (U+FFFD) for each half of a surrogate pair, which JSON can hold and UTF-8 cannot: what is
 * stored is then read back as it was, and has the digest that it was stored under.
 */
export function wellFormed(document: ParsedDocument): ParsedDocument {
  return {
    ...document,
    title: document.title.toWellFormed(),
    blocks: document.blocks.map((block) => ({
      ...block,
      text: block.text.toWellFormed(),
      ...(block.tableHeader !== undefined && { tableHeader: block.tableHeader.toWellFormed() }),
    })),
  };
}
