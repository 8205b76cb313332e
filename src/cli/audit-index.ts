import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createExactScan } from "../adapters/exact-scan.ts";
import { createFileWalker } from "../adapters/file-walker.ts";
import { findIntactGraph, readHnswStamp } from "../adapters/hnsw-files.ts";
import { generationFolder, openInGeneration, type IndexHome } from "../adapters/index-home.ts";
import { bytesBelow, findLeftovers } from "../adapters/index-leftovers.ts";
import { indexLockHolder } from "../adapters/index-lock.ts";
import { EXACT_BELOW, isSameCensus, openHealthyHnsw } from "../adapters/open-vector-index.ts";
import { DamagedStore } from "../adapters/sqlite-store/errors.ts";
import { openAuditedStore } from "../adapters/sqlite-store/open-audited-store.ts";
import type { HubSettings } from "../config/settings-table.ts";
import { UserError } from "../domain/errors.ts";
import { planRepair, type RepairPlan } from "../pipeline/audit-repair.ts";
import { auditIndex, NOT_COMPARED, type AuditDependencies, type AuditFindings, type AuditOptions, type ModelNote } from "../pipeline/audit.ts";
import { requireSameEmbedder } from "../pipeline/index-manifest.ts";
import type { AuditedStore, Leftovers } from "../ports/audited-store.ts";
import type { IndexManifest } from "../ports/passage-store.ts";
import type { GraphHealth } from "../ports/vector-index.ts";
import { openLocator, STORE_FILE } from "./compose.ts";
import { locateEmbedder, locateReranker, type ModelSettings } from "./locate-models.ts";

export interface IndexAuditOptions extends AuditOptions {
  readonly settings: ModelSettings;
  readonly hub: HubSettings;
  readonly cwd: string;
  /** This process holds the index's lock: nobody else writes. */
  readonly isLocked: boolean;
}

export interface IndexAudit {
  readonly findings: AuditFindings;
  readonly plan: RepairPlan;
}

/** A writer that commits and then saves its graph while both are opened here: so often they are looked at again. */
const ATTEMPTS = 3;

/**
 * Audits the index in this home.
 * @throws UserError when there is none that can be audited: an empty one, one of another version, one out of reach.
 */
export async function auditHome(home: IndexHome, options: IndexAuditOptions): Promise<IndexAudit> {
  const writer = options.isLocked ? undefined : indexLockHolder(home.indexFolder)?.command;
  const opened = await openMatching(home);
  if ("damage" in opened) return await damagedAudit(home, opened.damage, writer);
  const { folder, store, graph } = opened;
  try {
    if (isEmpty(store)) {
      throw new UserError(`the index in ${home.indexFolder} is empty`, { hint: "fill it: rerank index <folder>" });
    }
    const findings = await auditIndex(
      {
        indexFolder: home.indexFolder,
        store,
        graph: { ...graph, usedFrom: EXACT_BELOW },
        createScan: createExactScan,
        files: createFileWalker({ baseFolder: home.baseFolder }),
        rootExists: ({ path }) => existsSync(resolve(home.baseFolder, path)),
        modelNotes: (manifest) => modelNotes(manifest, options),
        leftovers: leftoversOf(home, writer),
        fileSizes: fileSizes(folder),
        writer,
      },
      options,
    );
    return { findings, plan: planRepair(findings, store) };
  } finally {
    store.close();
  }
}

function isEmpty(store: AuditedStore): boolean {
  try {
    return store.readManifest() === undefined && store.documents().length === 0;
  } catch (error) {
    if (error instanceof DamagedStore) return false;
    throw error;
  }
}

interface OpenedParts {
  readonly folder: string;
  readonly store: AuditedStore;
  readonly graph: Omit<AuditDependencies["graph"], "usedFrom">;
}

/** Store and graph of one moment, as far as there is one: a writer that has ended meanwhile has left both in step. */
async function openMatching(home: IndexHome): Promise<OpenedParts | { readonly damage: string }> {
  try {
    for (let attempt = 1; ; attempt++) {
      const folder = generationFolder(home);
      const store = openInGeneration(home, (current) => openAuditedStore(join(current, STORE_FILE)));
      const graph = await openGraph(folder, store);
      if (graph.health === "in step" || attempt === ATTEMPTS || !hasMoved(home, folder, store)) return { folder, store, graph };
      store.close();
    }
  } catch (error) {
    if (error instanceof DamagedStore) return { damage: error.message };
    throw error;
  }
}

async function openGraph(folder: string, store: AuditedStore): Promise<OpenedParts["graph"]> {
  try {
    const manifest = store.readManifest();
    if (manifest === undefined) return { health: await hnswFileHealth(folder), index: undefined };
    const { dimensions, embedderFingerprint: fingerprint } = manifest;
    const { health, graph } = await openHealthyHnsw({ folder, dimensions, fingerprint }, store.vectorCensus());
    return { health, index: graph };
  } catch (error) {
    if (error instanceof DamagedStore) return { health: await hnswFileHealth(folder), index: undefined };
    store.close();
    throw error;
  }
}

/** Whether something was committed, or another generation made the current one, since the store was opened. */
function hasMoved(home: IndexHome, folder: string, store: AuditedStore): boolean {
  if (generationFolder(home) !== folder) return true;
  const now = openAuditedStore(join(folder, STORE_FILE));
  try {
    return !isSameCensus(now.vectorCensus(), store.vectorCensus());
  } catch (error) {
    if (error instanceof DamagedStore) return false;
    throw error;
  } finally {
    now.close();
  }
}

/** The audit of a store that cannot even be opened. */
async function damagedAudit(home: IndexHome, damage: string, writer: string | undefined): Promise<IndexAudit> {
  const folder = generationFolder(home);
  const sizes = fileSizes(folder);
  const leftovers = leftoversOf(home, writer);
  const findings: AuditFindings = {
    indexFolder: home.indexFolder,
    integrity: { database: [damage], lexical: [] },
    content: undefined,
    around: { graph: await hnswFileHealth(folder), models: undefined, ...NOT_COMPARED },
    leftovers,
    disk: { ...sizes, leftovers: leftovers.uselessBytes + leftovers.unfinishedBytes, parts: undefined },
    writer,
  };
  return { findings, plan: planRepair(findings, { documentsOfVectors: () => [] }) };
}

/** By its checksum alone. */
async function hnswFileHealth(folder: string): Promise<GraphHealth> {
  const stamp = readHnswStamp(folder);
  if (stamp === undefined) return "missing";
  return (await findIntactGraph(folder, stamp)) === undefined ? "damaged" : "in step";
}

/** A process that writes has files aside too: they are no leftovers. */
function leftoversOf(home: IndexHome, writer: string | undefined): Leftovers {
  if (writer === undefined) return findLeftovers(home);
  return { useless: [], uselessBytes: 0, unfinishedRebuilds: [], unfinishedBytes: 0 };
}

function fileSizes(folder: string): AuditDependencies["fileSizes"] {
  const stamp = readHnswStamp(folder);
  const store = join(folder, STORE_FILE);
  return { store: bytesBelow(store), log: bytesBelow(`${store}-wal`), hnsw: stamp === undefined ? 0 : bytesBelow(join(folder, stamp.file)) };
}

/** Looks for the manifest's models on this machine; nothing is loaded, fetched or compiled. */
async function modelNotes(manifest: IndexManifest, { settings, hub, cwd }: IndexAuditOptions): Promise<ModelNote[]> {
  const locator = openLocator(hub, cwd, { settings });
  const looks = [
    async () => requireSameEmbedder(manifest, await locateEmbedder(locator, manifest.embedderId, { embedTokens: undefined }, manifest)),
    async () => locateReranker(locator, manifest.rerankerId, settings),
  ];
  const notes = new Map<string, ModelNote>();
  for (const look of looks) {
    try {
      await look();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      notes.set(error.message, { detail: error.message, hint: error.hint });
    }
  }
  return [...notes.values()];
}
