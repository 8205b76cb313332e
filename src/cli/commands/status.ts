import { requireIndexHome } from "../../adapters/index-home.ts";
import { statusJson, statusText } from "../../reporters/status-report.ts";
import { openForReading, requireManifest } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { indexStaleness, indexState } from "../index-state.ts";
import { loadSettings, type Flags } from "../load-settings.ts";

/** `rerank status`: exit code 0 when there is an index, also a stale one. */
export async function runStatus(flags: Flags & { readonly json?: boolean }, context: CommandContext): Promise<number> {
  const { settings } = await loadSettings(context, "status", flags);
  const home = requireIndexHome(context.cwd, settings.index);
  const { folder, store } = openForReading(home);
  try {
    const manifest = requireManifest(store, home);
    const status = { ...indexState(home, { store, manifest, folder }), staleness: await indexStaleness(home.baseFolder, { store, manifest }, context.signal) };
    await context.output.write(flags.json ? statusJson(status) : statusText(status));
    return 0;
  } finally {
    store.close();
  }
}
