import { cp, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { requireIndexHome } from "../../adapters/index-home.ts";
import { cacheFolder } from "../../config/cache-folder.ts";
import { UserError } from "../../domain/errors.ts";
import { search } from "../../pipeline/search.ts";
import { openIndexAt, PACKAGE_ROOT } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { createIndexReporter } from "../index-reporter.ts";
import { openIndexSession } from "../index-session.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { createResultWriter } from "../result-writer.ts";
import { searchOptions } from "./search.ts";

const CLASSIC_QUERIES = ["What is the capital of China?", "什么是重力?"];
const SHOWN_RESULTS = 5;

/** `rerank demo`: indexes the bundled corpus in the user's cache folder and runs two queries over it. */
export async function runDemo(flags: Flags, context: CommandContext): Promise<number> {
  const { settings: given, hub } = await loadSettings(context, "demo", flags);
  const folder = join(cacheFolder(context.environment, homedir(), process.platform), "demo");
  await copyCorpus(folder);
  const settings = {
    ...given,
    index: join(folder, ".rerank"),
    limit: SHOWN_RESULTS,
    models: given.models ?? "mini",
    include: [],
    exclude: [],
  };
  const reporter = createIndexReporter({ context, settings, json: false, verbose: false });
  const session = await openIndexSession({
    settings,
    hub,
    cwd: folder,
    paths: ["docs"],
    rebuild: false,
    command: "rerank demo",
    signal: context.signal,
    onEvent: (event) => reporter.event(event),
    onNotice: (line) => reporter.notice(line),
  });
  try {
    await reporter.report(await session.run());
  } finally {
    await session.close();
  }
  context.signal.throwIfAborted();

  const home = requireIndexHome(folder, settings.index);
  const writer = createResultWriter({ flags: { explain: true }, context: { ...context, cwd: folder }, settings, baseFolder: folder, manyQueries: false });
  const index = await openIndexAt(home, { settings, hub, cwd: folder, rerank: true, onNotice: (line) => writer.notice(line) });
  try {
    for (const query of CLASSIC_QUERIES) {
      await context.output.write(`\n${query}\n`);
      await writer.write(await search(query, index, { ...searchOptions(settings), signal: context.signal }));
    }
  } finally {
    writer.end();
    await index.close();
  }
  await context.output.write(`\nTry your own:\n  cd ${folder}\n  rerank search "how do I remove limescale?"\n`);
  return 0;
}

/** The package's folder may be read-only, and an index belongs beside its documents: both live in the cache folder. */
async function copyCorpus(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await cp(join(PACKAGE_ROOT, "corpora", "demo", "docs"), join(folder, "docs"), { recursive: true, preserveTimestamps: true });
  } catch (cause) {
    throw new UserError(`cannot write the demo to ${folder}: ${(cause as Error).message}`, {
      hint: "free space, or set XDG_CACHE_HOME to a folder that can be written",
      cause,
    });
  }
}
