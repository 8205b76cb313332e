import type { ParsedDocument } from "../domain/document.ts";
import type { JudgedQuery } from "../domain/evaluation.ts";
import type { SourceFile } from "./document-reader.ts";
import type { FileSource } from "./file-source.ts";
import type { IndexRoot } from "./passage-store.ts";

/** Documents that are indexed for an evaluation: the paths of their passages are document ids. */
export interface Corpus {
  /** Changes whenever a document does (hex). */
  readonly digest: string;
  readonly documentCount: number;
  /** What `files.list` is to be called with. */
  readonly roots: readonly IndexRoot[];
  readonly files: FileSource;
  readonly readDocument: (file: SourceFile) => Promise<ParsedDocument>;
}

/** Judged queries, and the documents that they are asked of. */
export interface Dataset {
  /** What a person would call it: the folder's or file's name. */
  readonly name: string;
  /** Queries with at least one judgment, in the order of their file, each id once. */
  readonly queries: readonly JudgedQuery[];
  /** Absent where the queries are asked of an index that exists. */
  readonly corpus?: Corpus;
  /** One line each about what is odd and no error: queries without judgments, judgments of no query. */
  readonly notices: readonly string[];
}
