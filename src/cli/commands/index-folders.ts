import { join, resolve } from "node:path";
import { createFileWalker } from "../../adapters/file-walker.ts";
import { findIndexHome, generationFolder, requireIndexHome, type IndexHome } from "../../adapters/index-home.ts";
import { acquireIndexLock } from "../../adapters/index-lock.ts";
import { openSyncedHnsw } from "../../adapters/open-vector-index.ts";
import { openSqliteStore } from "../../adapters/sqlite-store/open-sqlite-store.ts";
import { watchFolders } from "../../adapters/watch-folders.ts";
import { UserError } from "../../domain/errors.ts";
import { planOnly } from "../../pipeline/build-index.ts";
import type { IndexReport } from "../../pipeline/index-report.ts";
import type { IndexRoot, PassageStore } from "../../ports/passage-store.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openForReading, STORE_FILE } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { createIndexReporter, type IndexReporter } from "../index-reporter.ts";
import { liesBelow, storedPath } from "../../adapters/stored-paths.ts";
import { resolveRoots } from "../index-roots.ts";
import { openIndexSession, waitingLine, type IndexRunOptions } from "../index-session.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { approveSending } from "../remote-approval.ts";

export interface IndexFlags extends Flags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly rebuild?: boolean;
  readonly watch?: boolean;
  readonly forget?: boolean;
  readonly verbose?: boolean;
}

/** `rerank index`: brings the index in step with folders and files. Resolves to the exit code. */
export async function runIndex(paths: readonly string[], flags: IndexFlags, context: CommandContext): Promise<number> {
  requireCompatible(flags);
  const { settings, hub } = await loadSettings(context, "index", flags);
  const reporter = createIndexReporter({ context, settings, json: flags.json ?? false, verbose: flags.verbose ?? false });
  const options: IndexRunOptions = {
    settings,
    hub,
    cwd: context.cwd,
    paths,
    rebuild: flags.rebuild ?? false,
    command: `rerank index ${paths.join(" ")}`.trim(),
    signal: context.signal,
    onEvent: (event) => reporter.event(event),
    onNotice: (line) => reporter.notice(line),
    approveSending: approveSending({
      askTokens: settings.askTokens,
      onNotice: (line) => reporter.notice(line),
      terminal: { stdin: context.stdin, stderr: process.stderr, signal: context.signal },
    }),
    openProgress: compileProgressOf(context),
  };
  try {
    if (flags.dryRun) return await reportRun(await dryRun(options), reporter);
    if (flags.forget) return await forget(options, context);
    const { report, home } = await runOnce(options);
    const exitCode = await reportRun(report, reporter);
    if (!flags.watch || context.signal.aborted) return exitCode;
    return await watch({ ...options, rebuild: false }, home, reporter);
  } finally {
    reporter.end();
  }
}

async function runOnce(options: IndexRunOptions): Promise<{ report: IndexReport; home: IndexHome }> {
  const session = await openIndexSession(options);
  try {
    return { report: await session.run(), home: session.home };
  } finally {
    await session.close();
  }
}

async function reportRun(report: IndexReport, reporter: IndexReporter): Promise<number> {
  await reporter.report(report);
  return report.interrupted ? 130 : 0;
}

/** What a run would do. Writes nothing, needs no model and no lock. */
async function dryRun({ settings, cwd, paths, signal, onEvent }: IndexRunOptions): Promise<IndexReport> {
  const home = findIndexHome(cwd, settings.index);
  const store = home === undefined ? openSqliteStore(":memory:", { create: true }) : openForReading(home).store;
  try {
    const baseFolder = home?.baseFolder ?? cwd;
    const roots = resolveRoots(paths, settings, { cwd, baseFolder, known: store.readManifest()?.roots ?? [] });
    return await planOnly({ store, files: createFileWalker({ baseFolder }) }, { roots, signal, onEvent });
  } finally {
    store.close();
  }
}

/** Throws UserError for flags that say different things. */
function requireCompatible(flags: IndexFlags): void {
  const others = ["dryRun", "rebuild", "watch", "json"] as const;
  const given = others.find((name) => flags[name] === true);
  if (flags.forget && given !== undefined) {
    throw new UserError("--forget only drops folders from the index: no other action goes with it", { hint: "run it alone" });
  }
  if (flags.dryRun && (flags.rebuild || flags.watch)) {
    throw new UserError(`--dry-run and --${flags.rebuild ? "rebuild" : "watch"} cannot both be had`, { hint: "run one of them" });
  }
}

/** Drops roots and all their passages from the index; the files themselves are not touched. */
async function forget({ settings, cwd, paths, signal, command, onNotice }: IndexRunOptions, { output }: CommandContext): Promise<number> {
  if (paths.length === 0) {
    throw new UserError("--forget needs the folders or files to drop", { hint: "`rerank status` lists what the index covers" });
  }
  const home = requireIndexHome(cwd, settings.index);
  const lock = await acquireIndexLock(home.indexFolder, {
    command,
    wait: settings.wait,
    signal,
    onWaiting: (holder) => onNotice(waitingLine(holder)),
  });
  let store: PassageStore | undefined;
  try {
    const folder = generationFolder(home);
    store = openSqliteStore(join(folder, STORE_FILE), {});
    const manifest = store.readManifest();
    const unwanted = paths.map((path) => storedPath(resolve(cwd, path), home.baseFolder));
    const isUnwanted = ({ path }: { readonly path: string }) => unwanted.some((root) => liesBelow(path, root, home.baseFolder));
    const gone = store.documents().filter(isUnwanted);
    if (gone.length === 0 && !manifest?.roots.some(isUnwanted)) {
      throw new UserError(`the index holds nothing of ${paths.join(", ")}`, { hint: "`rerank status` lists what the index covers" });
    }
    store.removeDocuments(gone.map(({ path }) => path));
    if (manifest !== undefined) {
      store.writeManifest({ ...manifest, roots: manifest.roots.filter((root) => !isUnwanted(root)) });
      store.pruneVectors();
      const { dimensions, embedderFingerprint: fingerprint } = manifest;
      await (await openSyncedHnsw(store, { folder, dimensions, fingerprint })).save();
    }
    await output.write(`removed ${gone.filter(({ skip }) => skip === undefined).length} documents from the index\n`);
    return 0;
  } finally {
    store?.close();
    lock.release();
  }
}

/** Runs again after every change below the roots, until it is stopped. Models are loaded for each run, not kept. */
async function watch(options: IndexRunOptions, home: IndexHome, reporter: IndexReporter): Promise<number> {
  const { cwd, paths, settings, signal } = options;
  const roots = resolveRoots(paths, settings, { cwd, baseFolder: home.baseFolder, known: knownRootsOf(home) });
  const changes = watchFolders(
    roots.map(({ path }) => resolve(home.baseFolder, path)),
    { ignored: home.indexFolder, signal, follow: roots.some(({ follow }) => follow) },
  );
  let isFirst = true;
  for await (const _change of changes) {
    // The first comes when the watching has begun: whatever changed between the last run and now is found then.
    if (isFirst) reporter.notice(`watching ${roots.map(({ path }) => path).join(", ")}; Ctrl-C stops`);
    isFirst = false;
    try {
      const planned = await dryRun(options);
      if (planned.indexed + planned.moved + planned.removed === 0) continue;
      reporter.notice(`change at ${new Date().toTimeString().slice(0, 8)}`);
      const { report } = await runOnce(options);
      // A file that cannot be read is looked at again each time; it is no news.
      if (report.interrupted || report.indexed + report.moved + report.removed > 0) await reporter.report(report);
    } catch (error) {
      // A folder that is away for a moment, a full disk: the next change finds things in order, or says so again.
      if (!(error instanceof UserError) || signal.aborted) throw error;
      reporter.notice(`${error.message}; watching goes on`);
    }
  }
  return 0;
}

function knownRootsOf(home: IndexHome): readonly IndexRoot[] {
  const { store } = openForReading(home);
  try {
    return store.readManifest()?.roots ?? [];
  } finally {
    store.close();
  }
}
