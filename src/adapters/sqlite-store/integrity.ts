import type { StoreIntegrity } from "../../ports/audited-store.ts";
import type { Connection } from "./connection.ts";
import { unlessDamaged } from "./errors.ts";

/** All tables but those of the lexical index, which is derived from them. */
const BASE_TABLES = ["sqlite_schema", "sqlite_sequence", "manifest", "documents", "vectors", "passages"];

/** What SQLite says of the file; reads all of it. The lexical index is asked too: it has an integrity method of its own. */
export function integrityOf(connection: Connection): StoreIntegrity {
  const { lines, failure } = integrityLines(connection);
  // A check that fails has not come to the rows of all tables.
  const rest = failure === undefined ? [] : BASE_TABLES.flatMap((table) => linesOfTable(connection, table));
  const database = [...new Set([...lines, ...rest])].filter((line) => !isLexical(line));
  const lexical = lines.filter(isLexical);
  const isNamed = failure === undefined || database.length + lexical.length > 0;
  return { database, lexical: isNamed ? lexical : [failure] };
}

/** Lost pages are those of a lexical index that was taken out of the file, or lie below a page that is named too. */
function isLexical(line: string): boolean {
  return line.includes("passage_terms") || /^Page \d+: never used$/.test(line);
}

function linesOfTable(connection: Connection, table: string): string[] {
  const { lines, failure } = integrityLines(connection, table);
  return lines.length > 0 || failure === undefined ? lines : [`${table}: ${failure}`];
}

interface IntegrityLines {
  /** One problem each. */
  readonly lines: string[];
  /** What has ended the check: SQLite gives up at the first page that it has to read and cannot. */
  readonly failure: string | undefined;
}

function integrityLines({ prepare }: Connection, table?: string): IntegrityLines {
  const check = `SELECT integrity_check FROM pragma_integrity_check${table === undefined ? "" : `('${table}')`}`;
  const linesOf = (sql: string): string[] => {
    const lines = (prepare(sql).pluck().all() as string[]).flatMap((row) => row.split("\n"));
    // The first row begins with "*** in database main ***".
    return lines.filter((line) => line !== "ok" && !line.startsWith("***")).map((line) => withTableName(line, prepare));
  };
  return unlessDamaged<IntegrityLines>(
    () => ({ lines: linesOf(check), failure: undefined }),
    // The pages of all trees come first, and in one row: asked for alone, it comes before the failure.
    (failure) => ({ lines: unlessDamaged(() => linesOf(`${check} LIMIT 1`), () => []), failure }),
  );
}

/** "Tree 6 page 15: ..." is "vectors page 15: ..." for who reads it. */
function withTableName(line: string, prepare: Connection["prepare"]): string {
  return line.replace(/^Tree (\d+)/, (tree, root: string) => {
    const name = prepare("SELECT name FROM sqlite_schema WHERE rootpage = ?").pluck().get(Number(root));
    return typeof name === "string" ? name : tree;
  });
}
