import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { createFileWalker } from "../../adapters/file-walker.ts";
import { hnswState } from "../../adapters/open-vector-index.ts";
import { requireIndexHome } from "../../adapters/index-home.ts";
import { stalenessOf, type IndexStatus } from "../../pipeline/index-status.ts";
import { statusJson, statusText } from "../../reporters/status-report.ts";
import { openForReading, requireManifest, STORE_FILE } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags } from "../load-settings.ts";

/** `rerank status`: exit code 0 when there is an index, also a stale one. */
export async function runStatus(flags: Flags & { readonly json?: boolean }, context: CommandContext): Promise<number> {
  const { settings } = await loadSettings(context, "status", flags);
  const home = requireIndexHome(context.cwd, settings.index);
  const { folder, store } = openForReading(home);
  try {
    const manifest = requireManifest(store, home);
    const { sizeBytes, inStep } = hnswState(folder, store.vectorCensus(), manifest.embedderFingerprint);
    const status: IndexStatus = {
      indexFolder: home.indexFolder,
      manifest,
      counts: store.counts(),
      storeBytes: sizeOf(join(folder, STORE_FILE)) + sizeOf(join(folder, `${STORE_FILE}-wal`)),
      hnswBytes: sizeBytes,
      hnswInStep: inStep,
      staleness: await stalenessOf(
        store,
        createFileWalker({ baseFolder: home.baseFolder }),
        manifest.roots,
        ({ path }) => existsSync(resolve(home.baseFolder, path)),
        context.signal,
      ),
    };
    await context.output.write(flags.json ? statusJson(status) : statusText(status));
    return 0;
  } finally {
    store.close();
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
