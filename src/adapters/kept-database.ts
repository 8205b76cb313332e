import type BetterSqlite3 from "better-sqlite3";

type SqliteModule = typeof BetterSqlite3;

/** What must not be collected while the process lives. A store prepares a few dozen statements, each once. */
const kept: unknown[] = [];

/**
 * better-sqlite3 whose databases and statements are never garbage-collected. Since 24.19, Node's headers give each native
 * object an environment hook that its destructor removes; run by the collector, outside of any context, the removal aborts
 * the process ("Assertion failed: (env) != nullptr"). Releases that avoid it (13.x) do not run on Node 20: with Node 20's
 * end this file can go. Iterators are such objects too: nothing here may call `iterate()`.
 */
export function keepAll(Database: SqliteModule): SqliteModule {
  return class extends Database {
    constructor(file?: string | Buffer, options?: BetterSqlite3.Options) {
      super(file, options);
      kept.push(this);
    }

    // The declared type is generic in the parameters of its SQL; what it returns is the same for all of them.
    override prepare: BetterSqlite3.Database["prepare"] = (sql: string) => {
      const statement = super.prepare<unknown[]>(sql);
      kept.push(statement);
      return statement as never;
    };

    /** The original makes a statement of its own and drops it. */
    override pragma(source: string, options: BetterSqlite3.PragmaOptions = {}): unknown {
      const statement = this.prepare<unknown[]>(`PRAGMA ${source}`);
      if (!statement.reader) return statement.run() && [];
      return options.simple === true ? statement.pluck().get() : statement.all();
    }
  } as unknown as SqliteModule;
}
