import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { hnswHealth } from "../../adapters/open-vector-index.ts";
import { findIndexHome, generationFolder } from "../../adapters/index-home.ts";
import { loadBetterSqlite3, loadHnswlib } from "../../adapters/native-modules.ts";
import { openSqliteStore } from "../../adapters/sqlite-store/open-sqlite-store.ts";
import { DEFAULT_PAIR } from "../../adapters/models/resolve-pair.ts";
import type { Settings } from "../../config/settings-table.ts";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { parseRemoteName } from "../../domain/remote-name.ts";
import { findDevices } from "../../engine/find-devices.ts";
import { requireSameEmbedder } from "../../pipeline/index-manifest.ts";
import type { VectorCensus } from "../../ports/passage-store.ts";
import { doctorJson, doctorText, type Check } from "../../reporters/doctor-report.ts";
import { counted, formatBytes } from "../../reporters/format-numbers.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import { openLocator, STORE_FILE } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags, type LoadedSettings } from "../load-settings.ts";
import { locateEmbedder, locateReranker, modelNames, startSettings, type AnyLocator } from "../locate-models.ts";
import { remoteCheck } from "../remote-checks.ts";
import { describeServer } from "../running-server.ts";
import { startModels } from "../start-models.ts";

/** An index of 50,000 passages takes about this much with its vector file, and the same again while it is rewritten. */
const ENOUGH_DISK_BYTES = 500_000_000;

type ModelNames = Readonly<Record<ModelRole, string>>;

/** `rerank doctor`: looks at everything that has to be right. Exit code 2 when something failed. */
export async function runDoctor(flags: Flags & { readonly json?: boolean }, context: CommandContext): Promise<number> {
  const loaded = await loadSettings(context, "doctor", flags);
  const checks = [
    nodeCheck(),
    await check("SQLite", async () => `better-sqlite3 runs (SQLite ${sqliteVersion(await loadBetterSqlite3())})`),
    await check("HNSW", async () => {
      await loadHnswlib();
      return "hnswlib-node runs";
    }),
    await check("ONNX Runtime", devicesDetail),
    ...(await modelChecks(loaded, context)),
    await check("server", () => describeServer(context.environment)),
    await diskCheck(context.cwd),
    ...(await indexChecks(loaded, context)),
  ];
  const terminal = describeTerminal({ stream: process.stdout, env: context.environment, colorSetting: loaded.settings.color });
  await context.output.write(flags.json ? doctorJson(checks) : doctorText(checks, terminal));
  return checks.some(({ state }) => state === "failed") ? 2 : 0;
}

function nodeCheck(): Check {
  // bin/rerank.js has refused older versions before this runs.
  return { name: "Node", state: "ok", detail: `${process.version} on ${process.platform} ${process.arch}` };
}

/** Runs one look; an error of any kind is what it has found. */
async function check(name: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, state: "ok", detail: await look() };
  } catch (error) {
    const remedy = error instanceof UserError ? error.hint : undefined;
    return { name, state: "failed", detail: (error as Error).message, remedy: remedy ?? "reinstall: npm install" };
  }
}

/** The devices that could run models, and what keeps the others from it. */
async function devicesDetail(): Promise<string> {
  const devices = await findDevices();
  return `devices: ${devices.map(({ device, detail }) => (detail === "" ? device : `${device} (${detail})`)).join(", ")}`;
}

/** One for the models of this machine, one for each that is behind an API. */
async function modelChecks({ settings, hub }: LoadedSettings, { cwd, signal, output }: CommandContext): Promise<Check[]> {
  // Without a compiler: what would take minutes is told, and not done.
  const local = openLocator(hub, cwd, { settings });
  const locator = openLocator(hub, cwd, { settings, talk: { onNotice: (line) => output.notice(`rerank: ${line}`), signal } });
  let names: ModelNames;
  try {
    names = await modelNames(local, settings, undefined);
  } catch (error) {
    return [await check("models", () => Promise.reject(error))];
  }
  const checks: Check[] = [];
  const ownModels = Object.values(names).every((name) => parseRemoteName(name) === undefined) ? names : await ownHalf(names, local);
  if (ownModels !== undefined) checks.push(await check("models", () => modelsDetail(ownModels, local, settings)));
  for (const role of ["embedder", "reranker"] as const) {
    if (parseRemoteName(names[role]) !== undefined) checks.push(await remoteModelCheck(role, names[role], locator, settings, signal));
  }
  return checks;
}

/** With a bundled one in the place of a remote half: both are asked together. */
async function ownHalf(names: ModelNames, locator: AnyLocator): Promise<ModelNames | undefined> {
  const isRemote = { embedder: parseRemoteName(names.embedder) !== undefined, reranker: parseRemoteName(names.reranker) !== undefined };
  if (isRemote.embedder && isRemote.reranker) return undefined;
  const bundled = locator.resolvePair(DEFAULT_PAIR);
  return { embedder: isRemote.embedder ? bundled.embedder : names.embedder, reranker: isRemote.reranker ? bundled.reranker : names.reranker };
}

async function remoteModelCheck(role: ModelRole, name: string, locator: AnyLocator, settings: Settings, signal: AbortSignal): Promise<Check> {
  try {
    const spec = role === "embedder" ? await locateEmbedder(locator, name, settings) : await locateReranker(locator, name, settings);
    if (spec.family !== "remote") throw new Error(`${name} is no remote model`);
    return await remoteCheck(spec, settings, signal);
  } catch (error) {
    // Before it was asked: no address, no dialect, a key file that is not there.
    return check(role, () => Promise.reject(error));
  }
}

/** Loads both models and asks them something that any model gets right. */
async function modelsDetail(names: ModelNames, locator: AnyLocator, settings: Settings): Promise<string> {
  const inference = startModels({
    embedder: await locateEmbedder(locator, names.embedder, { embedTokens: settings.embedTokens }),
    reranker: await locateReranker(locator, names.reranker, settings),
    ...startSettings(settings),
  });
  try {
    const query = "What is the capital of France?";
    await inference.embedder.embedQuery(query);
    const [good, bad] = await inference.reranker.score(query, ["Paris is the capital of France.", "Boil the eggs for six minutes."]);
    if (good === undefined || bad === undefined || good.logit <= bad.logit) {
      throw new UserError(`${names.reranker} ranks an answer below a text about something else`, {
        hint: "its files may be damaged: fetch them again, or choose another model",
      });
    }
    const loads = await Promise.all([inference.loaded("embedder"), inference.loaded("reranker")]);
    const loadMs = loads.map(({ loadMs: ms }) => `${Math.round(ms)} ms`).join(" and ");
    const pair = names.embedder === names.reranker ? `both models of ${names.embedder}` : `${names.embedder} and ${names.reranker}`;
    return `${pair} load in ${loadMs} and rank an answer first`;
  } finally {
    await inference.close();
  }
}

async function diskCheck(folder: string): Promise<Check> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  const detail = `${formatBytes(freeBytes)} free in ${folder}`;
  if (freeBytes >= ENOUGH_DISK_BYTES) return { name: "disk", state: "ok", detail };
  return { name: "disk", state: "note", detail, remedy: "free some space before indexing much" };
}

async function indexChecks({ settings, hub }: LoadedSettings, { cwd }: CommandContext): Promise<Check[]> {
  const home = findIndexHome(cwd, settings.index);
  if (home === undefined) {
    return [{ name: "index", state: "note", detail: "none here", remedy: "make one: rerank index <folder>" }];
  }
  const folder = generationFolder(home);
  const checks: Check[] = [];
  checks.push(
    await check("index", async () => {
      const store = openSqliteStore(join(folder, STORE_FILE), { readOnly: true });
      try {
        const problems = store.check();
        if (problems.length > 0) throw new UserError(problems.join("; "), { hint: "build it anew: rerank index --rebuild" });
        const manifest = store.readManifest();
        if (manifest !== undefined) {
          checks.push(await hnswCheck(folder, store.vectorCensus(), manifest.embedderFingerprint));
          checks.push(
            await check("index's model", async () => {
              const spec = await locateEmbedder(openLocator(hub, cwd, { settings }), manifest.embedderId, { embedTokens: settings.embedTokens }, manifest);
              requireSameEmbedder(manifest, spec);
              return `${manifest.embedderId} is here and unchanged`;
            }),
          );
        }
        return `${home.indexFolder} is whole: ${counted(store.counts().passages, "passage")}`;
      } finally {
        store.close();
      }
    }),
  );
  return checks.toReversed();
}

async function hnswCheck(folder: string, census: VectorCensus, fingerprint: string): Promise<Check> {
  const health = await hnswHealth(folder, census, fingerprint);
  if (health === "in step") return { name: "HNSW file", state: "ok", detail: "holds exactly the index's vectors" };
  return { name: "HNSW file", state: "note", detail: `${health}: searches scan exactly`, remedy: "rerank index" };
}

function sqliteVersion(Database: Awaited<ReturnType<typeof loadBetterSqlite3>>): string {
  const database = new Database(":memory:");
  const row = database.prepare("SELECT sqlite_version() AS version").get() as { version: string };
  database.close();
  return row.version;
}
