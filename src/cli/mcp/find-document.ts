import { isAbsolute, posix, resolve } from "node:path";
import { storedPath } from "../../adapters/stored-paths.ts";
import type { DocumentPlace, WantedDocument } from "../../mcp/agent-services.ts";
import type { Passage } from "../../domain/passage.ts";
import { UserError } from "../../domain/errors.ts";
import type { PassageStore } from "../../ports/passage-store.ts";
import { absolutePathOf } from "../../reporters/display-path.ts";
import { servedPath } from "../../server/search/served-record.ts";

export interface FoundDocument {
  readonly storedPath: string;
  readonly passages: readonly Passage[];
  readonly position: number | undefined;
}

export interface DocumentView {
  readonly baseFolder: string;
  /** The client runs on this machine, as this user: it may know where folders lie. */
  readonly isLocal: boolean;
}

/** What a client named is not in the index: its own mistake, or the index has changed. */
export class NotInIndex extends UserError {}

const SEARCH_AGAIN = "search again: passages get new ids when their document is indexed again";

export function placeOf(path: string, { baseFolder, isLocal }: DocumentView): DocumentPlace {
  return { path: servedPath(path, baseFolder), absolutePath: isLocal ? absolutePathOf(path, { baseFolder, cwd: baseFolder }) : null };
}

/**
 * Looks into the store and nowhere else: a path that the index does not hold is not found, whatever lies there.
 *
 * @throws NotInIndex for a passage or a document that the index does not hold, and for a passage of another document.
 */
export function findDocument(store: Pick<PassageStore, "passagesById" | "passagesOfDocument">, { passageId, path }: WantedDocument, view: DocumentView): FoundDocument {
  const wanted = passageId === undefined ? undefined : store.passagesById([passageId])[0];
  if (wanted !== undefined) {
    if (path !== undefined && storedPathOf(path, view) !== wanted.path) {
      throw new NotInIndex(`passage ${passageId} is not of ${path}`, { hint: "give passage_id alone, or the path that came with it" });
    }
    const passages = store.passagesOfDocument(wanted.path);
    return { storedPath: wanted.path, passages, position: passages.findIndex(({ id }) => id === wanted.id) };
  }
  if (path === undefined) throw new NotInIndex(`the index has no passage ${passageId}`, { hint: SEARCH_AGAIN });
  const stored = storedPathOf(path, view);
  const passages = stored === undefined ? [] : store.passagesOfDocument(stored);
  if (stored === undefined || passages.length === 0) {
    throw new NotInIndex(`the index holds no document ${path}`, { hint: "only indexed documents can be read: give path as search gives it" });
  }
  return { storedPath: stored, passages, position: undefined };
}

/**
 * How the store knows a path that a client gave. A client of another machine is understood only in the words that it was told:
 * with any others it could find out where folders lie, by trying.
 */
function storedPathOf(path: string, { baseFolder, isLocal }: DocumentView): string | undefined {
  const stored = storedPath(resolve(baseFolder, path), baseFolder);
  if (isLocal) return stored;
  return !isAbsolute(path) && servedPath(stored, baseFolder) === posix.normalize(path) ? stored : undefined;
}
