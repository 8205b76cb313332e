import { basename } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { JudgedQuery } from "../../domain/evaluation.ts";
import type { Dataset } from "../../ports/dataset.ts";
import { queryNotices } from "./beir-folder.ts";
import { createPathFinder, type IndexedPaths } from "./expected-paths.ts";
import { OWN_QUERY_LAYOUT, readOwnQueryFile } from "./own-query-file.ts";
import { lineError } from "./read-lines.ts";

/**
 * Queries that a user wrote down with the documents that should answer them, to be asked of an index that exists.
 *
 * @param file YAML, JSON or JSONL.
 * Throws UserError naming file and line for a malformed entry, an id that stands twice and a path that is not in the index.
 */
export async function readOwnQueries(file: string, index: IndexedPaths): Promise<Dataset> {
  const written = await readOwnQueryFile(file);
  if (written.length === 0) throw new UserError(`${file} holds no queries`, { hint: OWN_QUERY_LAYOUT });
  const finder = createPathFinder(file, index);
  const lines = new Map<string, number>();
  const queries = written.map(({ id: writtenId, line, text, expected }, position): JudgedQuery => {
    const id = writtenId ?? String(position + 1);
    const known = lines.get(id);
    if (known !== undefined) {
      throw lineError(file, line, `the id "${id}" is that of line ${known}, too`, "give each query an id of its own, or leave ids out: its place is one");
    }
    lines.set(id, line);
    return { id, text, grades: finder.gradesOf(expected) };
  });
  return { name: basename(file), queries, notices: queryNotices(queries, 0) };
}
