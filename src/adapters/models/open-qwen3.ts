import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import { QWEN3_PRECISIONS, type ModelRole, type Qwen3Precision, type Qwen3Spec } from "../../domain/model-spec.ts";
import { COMPILED_GRAPH_FILE, ENGINE_VERSION, type CompileReport } from "../../ports/model-compiler.ts";
import { checkCompileNeeds, compileNeeds } from "./compile-needs.ts";
import { compiledModelFolder, compiledPrecisions, digestOf, findCompileReport } from "./compiled-models.ts";
import { contentDigest } from "./content-digest.ts";
import { readFolderFacts } from "./infer-role-card.ts";
import type { LocateOptions, LocatorContext } from "./model-locator.ts";
import { readCard, type ModelFolder } from "./open-model-folder.ts";
import { qwen3Roles, requireCheckpointFiles, type CheckpointFiles } from "./qwen3-checkpoint.ts";

/** The smallest cut that Qwen3's embedders were trained for. */
const LEAST_DIMENSIONS = 32;
/** What is read unless the user says otherwise: the vector of a long text costs once, a pair costs for every candidate. */
const USUAL_MAX_TOKENS: Record<ModelRole, number> = { embedder: 8192, reranker: 2048 };

/** A checkpoint whose files are all there. */
export interface OpenCheckpoint {
  readonly files: CheckpointFiles;
  readonly revision: string;
}

/**
 * The compiled model of a checkpoint; one that is not compiled yet is compiled where the context can.
 * Throws UserError for a checkpoint that lacks files or is of another role, and for what disk and memory cannot hold.
 *
 * The spec's id names the precision that was asked for, and its `precision` the one that the model runs in, which differs where the
 * wanted one could not keep the bound: by the id, which indexes store, the same compiled model is found again.
 */
export async function openQwen3(model: ModelFolder, role: ModelRole, options: LocateOptions, context: LocatorContext): Promise<Qwen3Spec> {
  const { folder } = model;
  const precision = precisionOf(model) ?? (await context.usualPrecision());
  const id = model.precision === undefined ? `${model.id}:${precision}` : model.id;
  const checkpoint = openCheckpoint(model, role);
  const compiledFolder = compiledModelFolder(context.compiledFolder, { ...model, repo: model.repo, revision: checkpoint.revision }, role, precision);
  const report = findCompileReport(compiledFolder) ?? (await compileNow({ id, baseId: baseIdOf(model), folder, role, precision, compiledFolder }, checkpoint, context));
  const own = readCard(folder);
  const settings = {
    dimensions: dimensionsOf(id, report, role, options.dimensions ?? own?.embedder?.dimensions),
    maxTokens: Math.min(options.maxTokens ?? own?.[role]?.maxTokens ?? USUAL_MAX_TOKENS[role], report.contextTokens),
    // No embedder reads it: a setting for rerankers leaves an index valid.
    promptSeparator: role === "reranker" ? (options.promptSeparator ?? "\n") : "\n",
  } as const;
  const { weightPaths, tokenizerPaths } = checkpoint.files;
  const content = contentDigest([join(folder, "config.json"), ...weightPaths, ...tokenizerPaths]);
  return {
    role,
    family: "qwen3",
    id,
    revision: checkpoint.revision,
    precision: report.precision,
    source: model.source,
    folder,
    graphPath: join(compiledFolder, COMPILED_GRAPH_FILE),
    ...settings,
    readsInstruction: true,
    licence: own?.licence ?? model.card?.licence ?? readFolderFacts(folder).licence ?? "unknown",
    sizeBytes: report.sizeBytes,
    fingerprint: digestOf(["qwen3", role, content, report.choicesDigest, ENGINE_VERSION, settings]),
  };
}

/** Throws UserError for a checkpoint that lacks files or is of another role. */
export function openCheckpoint({ folder, id, commit, repo, card }: ModelFolder, role: ModelRole): OpenCheckpoint {
  const roles = card === undefined ? qwen3Roles(folder, repo) : [role];
  if (!roles.includes(role)) {
    const other = role === "embedder" ? "reranker" : "embedder";
    throw new UserError(`${id} is no ${role}: its files say that it is ${other === "embedder" ? "an" : "a"} ${other}`, { hint: `use it with --${other}` });
  }
  const files = requireCheckpointFiles(folder, repo === undefined ? "copy it from where the others come from" : `bring it: rerank models pull ${id}`);
  const revision = commit ?? contentDigest([join(folder, "config.json"), ...files.tokenizerPaths, ...files.weightPaths]);
  return { files, revision: revision.slice(0, 40) };
}

/** The precisions that a checkpoint can be run in at once. */
export function readyPrecisions(model: ModelFolder, role: ModelRole, { compiledFolder }: LocatorContext): readonly Qwen3Precision[] {
  const { revision } = openCheckpoint(model, role);
  return compiledPrecisions(compiledFolder, { folder: model.folder, repo: model.repo, revision }, role);
}

/** The precision after a name's colon. Throws UserError for one that is only for graphs. */
export function precisionOf({ id, precision }: Pick<ModelFolder, "id" | "precision">): Qwen3Precision | undefined {
  if (precision === undefined) return undefined;
  const known = QWEN3_PRECISIONS.find((candidate) => candidate === precision);
  if (known !== undefined) return known;
  throw new UserError(`${id} is a Qwen3 model, and those run in ${QWEN3_PRECISIONS.join(", ")}`, { hint: "name one of them after the colon, or leave the colon out" });
}

function baseIdOf({ id, precision }: ModelFolder): string {
  return precision === undefined ? id : id.slice(0, -`:${precision}`.length);
}

interface Compiling {
  readonly id: string;
  /** The same without a precision. */
  readonly baseId: string;
  readonly folder: string;
  readonly role: ModelRole;
  readonly precision: Qwen3Precision;
  readonly compiledFolder: string;
}

async function compileNow({ id, baseId, folder, role, precision, compiledFolder }: Compiling, { files }: OpenCheckpoint, { compile, onNotice }: LocatorContext): Promise<CompileReport> {
  if (compile === undefined) {
    throw new UserError(`${id} is on this machine and not compiled yet`, { hint: `compile it, once: rerank models pull ${id}` });
  }
  const checkNeeds = async (): Promise<void> => {
    const warning = await checkCompileNeeds(id, compiledFolder, compileNeeds(folder, files.weightsBytes, precision));
    if (warning !== undefined) onNotice(warning);
  };
  await compile({ role, checkpointFolder: folder, precision, compiledFolder }, checkNeeds, baseId);
  const report = findCompileReport(compiledFolder);
  if (report === undefined) throw new Error(`compiling ${id} left no complete graph in ${compiledFolder}`);
  return report;
}

function dimensionsOf(id: string, report: CompileReport, role: ModelRole, wanted: number | undefined): number {
  if (role === "reranker") return 0;
  if (wanted === undefined) return report.dimensions;
  if (wanted >= Math.min(LEAST_DIMENSIONS, report.dimensions) && wanted <= report.dimensions) return wanted;
  throw new UserError(`${id} gives vectors of ${LEAST_DIMENSIONS} to ${report.dimensions} numbers, not ${wanted}`, { hint: "change --dimensions, or leave it out for the longest" });
}
