import type { IndexManifest, PassageStore, StoreCounts } from "../../ports/passage-store.ts";
import { checkStore } from "./check.ts";
import { connect, type Connection } from "./connection.ts";
import { createDocumentMethods } from "./documents.ts";
import { damaged, translated, translateSqliteError } from "./errors.ts";
import { lexicalSearch } from "./lexical-search.ts";
import { createPassageMethods } from "./passages.ts";
import { FORMAT_VERSION, newerFormat } from "./schema.ts";
import { createVectorMethods } from "./vectors.ts";

export interface OpenSqliteStoreOptions {
  /** Changes nothing and works in folders that cannot be written, beside a process that is indexing. Default: false. */
  readonly readOnly?: boolean;
  /** Makes the store when there is none. Default: false, for which a missing store is a UserError. */
  readonly create?: boolean;
}

/**
 * The store in this file.
 * @throws UserError when there is none, or it is damaged, made by a newer program, or out of reach.
 */
export function openSqliteStore(file: string, { readOnly = false, create = false }: OpenSqliteStoreOptions = {}): PassageStore {
  return storeOver(translated(file, () => connect(file, { readOnly, create })));
}

/** The store behind an open connection. */
export function storeOver(connection: Connection): PassageStore {
  const { file } = connection;
  return translateAll(file, {
    ...createManifestMethods(connection),
    ...createDocumentMethods(connection),
    ...createVectorMethods(connection),
    ...createPassageMethods(connection),
    lexicalSearch: (terms, count, paths) => lexicalSearch(connection, terms, count, paths),
    counts() {
      const select = `SELECT (SELECT count(*) FROM documents WHERE skip IS NULL) AS documents, (SELECT count(*) FROM passages) AS passages,
        (SELECT count(*) FROM vectors) AS vectors`;
      return connection.prepare(select).get() as StoreCounts;
    },
    check() {
      try {
        return checkStore(connection, createManifestMethods(connection).readManifest());
      } catch (error) {
        const translatedError = translateSqliteError(error, file);
        if (translatedError === error) throw error;
        return [(translatedError as Error).message];
      }
    },
    close: () => connection.close(),
  });
}

function createManifestMethods({ prepare, file }: Connection): Pick<PassageStore, "readManifest" | "writeManifest"> {
  return {
    readManifest() {
      const json = prepare("SELECT json FROM manifest").pluck().get() as string | undefined;
      if (json === undefined) return undefined;
      const manifest = parseManifest(json, file);
      if (manifest.formatVersion > FORMAT_VERSION) throw newerFormat(file, manifest.formatVersion);
      return manifest;
    },
    writeManifest(manifest) {
      prepare("INSERT OR REPLACE INTO manifest (id, json) VALUES (1, ?)").run(JSON.stringify(manifest));
    },
  };
}

function parseManifest(json: string, file: string): IndexManifest {
  try {
    return JSON.parse(json) as IndexManifest;
  } catch {
    throw damaged(file, "its manifest is no JSON");
  }
}

/** The same methods, whose errors are the user's where they can be. */
export function translateAll<Methods extends object>(file: string, store: Methods): Methods {
  const entries = Object.entries(store) as [string, (...values: unknown[]) => unknown][];
  return Object.fromEntries(
    entries.map(([name, method]) => [name, (...values: unknown[]) => translated(file, () => method(...values))]),
  ) as Methods;
}
