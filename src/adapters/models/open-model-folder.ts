import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { EncoderSpec, ModelRole, ModelSpec, Pooling } from "../../domain/model-spec.ts";
import { requireGraph } from "./choose-graph.ts";
import { contentDigest } from "./content-digest.ts";
import { hasDenseLayer, inferRoleCard, readFolderFacts } from "./infer-role-card.ts";
import { CARD_FILE, type GraphFiles, type ModelCard, type RoleCard } from "./model-card.ts";
import { readOnnxHeader, type GraphOutput, type OnnxHeader } from "./onnx-header.ts";
import { parseModelCard } from "./parse-model-card.ts";
import { readTextFile } from "./read-json-file.ts";

export interface ModelFolder {
  /** Absolute. */
  readonly folder: string;
  readonly id: string;
  readonly source: ModelSpec["source"];
  /** "owner/name", where it comes from the hub. */
  readonly repo?: string;
  /** The hub's commit; a digest of the files takes its place where there is none. */
  readonly commit?: string;
  /** What the registry knows about this model. The folder's own card goes before it, inferred facts after it. */
  readonly card?: ModelCard;
  /** What the registry knows about the model that this one was made from: good where its own files are silent. */
  readonly ancestor?: ModelCard;
  readonly graphFiles: GraphFiles;
  /** What the name says after its colon. */
  readonly precision?: string | undefined;
}

export interface EncoderWishes {
  /** Reads less of a text than the model could. */
  readonly maxTokens?: number | undefined;
  /** For messages: an encoder's vectors cannot be cut. */
  readonly dimensions?: number | undefined;
}

/** What encoders read that say nothing about it. */
const USUAL_MAX_TOKENS = 512;

/** Outputs in the order in which they are taken when no card names one. */
const OUTPUTS: Record<ModelRole, readonly string[]> = {
  embedder: ["sentence_embedding", "last_hidden_state", "token_embeddings", "embeddings"],
  reranker: ["logits", "scores", "score"],
};

/**
 * Everything about the model in a folder that its role needs, from its card, its files and its graph.
 * Throws UserError that names what is missing or does not fit.
 */
export function openModelFolder(model: ModelFolder, role: ModelRole, wishes: EncoderWishes = {}): EncoderSpec {
  const { folder, id } = model;
  const facts = readFolderFacts(folder);
  refuseOtherFamilies(id, facts.modelType);
  const ownCard = readCard(folder);
  const card = { ...inherited(model.ancestor?.[role]), ...inferRoleCard(folder, role), ...model.card?.[role], ...ownCard?.[role] };
  const graph = requireGraph(folder, { role, named: card.graphs, usual: model.graphFiles, precision: model.precision });
  const graphPath = join(folder, ...graph.path.split("/"));
  const tokenizerPath = join(folder, "tokenizer.json");
  if (!existsSync(tokenizerPath)) {
    throw new UserError(`${folder} has no tokenizer.json`, { hint: "save it with transformers: AutoTokenizer.from_pretrained(...).save_pretrained(folder)" });
  }
  const header = readOnnxHeader(graphPath);
  const weightPaths = requireWeights(header, graphPath);
  const output = chooseOutput(header, card, role, id, graph.path);
  const vectors = role === "embedder" ? vectorShape(output, card, folder, facts.hiddenSize) : { pooling: "none" as const, dimensions: 0 };
  refuseCut(id, role, vectors.dimensions, wishes.dimensions);
  const settings = {
    precision: graph.precision,
    output: output.name,
    ...vectors,
    queryPrefix: card.queryPrefix ?? "",
    passagePrefix: card.passagePrefix ?? "",
    maxTokens: Math.min(card.maxTokens ?? USUAL_MAX_TOKENS, wishes.maxTokens ?? Infinity),
  };
  const files = [graphPath, ...weightPaths, tokenizerPath];
  // The tokenizer's template and its options belong to the model as much as its weights do.
  const digest = contentDigest([...files, join(folder, "tokenizer_config.json")].filter((path) => existsSync(path)));
  return {
    role,
    family: "encoder",
    id,
    revision: model.commit ?? digest.slice(0, 16),
    source: model.source,
    folder,
    graphPath,
    ...settings,
    readsInstruction: false,
    licence: ownCard?.licence ?? model.card?.licence ?? facts.licence ?? "unknown",
    sizeBytes: files.reduce((sum, path) => sum + statSync(path).size, 0),
    fingerprint: fingerprintOf(role, digest, settings),
  };
}

/** How texts are prepared survives fine-tuning; names and sizes in the graph may not. */
function inherited({ pooling, queryPrefix, passagePrefix }: RoleCard = {}): RoleCard {
  return { ...(pooling !== undefined && { pooling }), ...(queryPrefix !== undefined && { queryPrefix }), ...(passagePrefix !== undefined && { passagePrefix }) };
}

/** The folder's own card, if it has one. */
export function readCard(folder: string): ModelCard | undefined {
  const path = join(folder, CARD_FILE);
  const text = readTextFile(path);
  return text === undefined ? undefined : parseModelCard(text, path);
}

/** Throws UserError for models that cannot be run. */
export function refuseOtherFamilies(id: string, modelType: string | undefined): void {
  if (!/qwen/i.test(modelType ?? "")) return;
  throw new UserError(`${id} is of the family ${modelType}, and encoders and Qwen3 are what runs here`, { hint: "`rerank models list` shows models that do" });
}

/** Only models that were trained for it keep their meaning when their vectors are cut. */
function refuseCut(id: string, role: ModelRole, dimensions: number, wanted: number | undefined): void {
  if (role === "reranker" || wanted === undefined || wanted === dimensions) return;
  throw new UserError(`the vectors of ${id} have ${dimensions} numbers, and cannot be cut to ${wanted}`, { hint: "leave --dimensions out, or choose a Qwen3 model" });
}

/** Neither names nor folders are in it: an index outlives a moved folder and a new version of the package. */
function fingerprintOf(role: ModelRole, digest: string, settings: object): string {
  return createHash("sha256").update(JSON.stringify(["encoder", role, digest, settings])).digest("hex");
}

function requireWeights({ weightFiles }: OnnxHeader, graphPath: string): string[] {
  const folder = dirname(graphPath);
  return weightFiles.map((name) => {
    const path = resolve(folder, name);
    if (relative(folder, path).startsWith("..")) {
      throw new UserError(`${graphPath} keeps its weights outside of its folder (${name})`, { hint: "ONNX Runtime refuses such models: put the file beside the graph" });
    }
    if (!existsSync(path)) {
      throw new UserError(`${graphPath} is there without its weights: ${name} is missing`, { hint: "bring the model again: rerank models pull <name>" });
    }
    return path;
  });
}

function chooseOutput({ outputs }: OnnxHeader, card: RoleCard, role: ModelRole, id: string, graphName: string): GraphOutput {
  const wanted = card.output === undefined ? OUTPUTS[role] : [card.output, ...OUTPUTS[role]];
  const output = wanted.map((name) => outputs.find((candidate) => candidate.name === name)).find((found) => found !== undefined);
  const names = outputs.map(({ name }) => name).join(", ");
  if (output === undefined) {
    const otherRole = role === "embedder" ? "reranker" : "embedder";
    const isOther = OUTPUTS[otherRole].some((name) => outputs.some((candidate) => candidate.name === name));
    throw new UserError(`${id} is no ${role}: its graph ${graphName} gives ${names}`, {
      hint: isOther ? `it looks like ${otherRole === "embedder" ? "an embedder" : "a reranker"}: use it with --${otherRole}` : `name the output in ${CARD_FILE}: { "${role}": { "output": "..." } }`,
    });
  }
  const width = output.shape?.at(-1);
  if (role === "reranker" && width !== undefined && width !== 1) {
    throw new UserError(`${id} sorts texts into ${width} classes: it is no reranker, which gives one number`, { hint: "`rerank models list` shows rerankers" });
  }
  return output;
}

/** Two axes are a vector per text; three are a vector per token, which must be pooled. */
function vectorShape({ name, shape }: GraphOutput, card: RoleCard, folder: string, hiddenSize: number | undefined): { pooling: Pooling; dimensions: number } {
  const isPooled = shape === undefined ? name === "sentence_embedding" : shape.length === 2;
  const pooling = isPooled ? "none" : card.pooling;
  if (pooling === undefined || (pooling === "none" && !isPooled)) {
    throw new UserError(`nothing in ${folder} says how its token vectors become one vector`, {
      hint: `write ${join(folder, CARD_FILE)}: { "embedder": { "pooling": "mean" } } (or "cls", or "last")`,
    });
  }
  if (!isPooled && hasDenseLayer(folder)) {
    throw new UserError(`${folder} needs a dense layer after its pooling, which is not in its graph`, { hint: "export it with sentence-transformers' own ONNX backend, which puts both inside" });
  }
  const width = shape?.at(-1);
  const dimensions = width ?? card.dimensions ?? hiddenSize;
  if (dimensions === undefined) {
    throw new UserError(`nothing in ${folder} says how long its vectors are`, { hint: `write ${join(folder, CARD_FILE)}: { "embedder": { "dimensions": 384 } }` });
  }
  if (card.dimensions !== undefined && card.dimensions !== dimensions) {
    throw new UserError(`the graph in ${folder} gives vectors of ${dimensions} numbers, and its card says ${card.dimensions}`, { hint: "these are the files of another model, or the card is wrong" });
  }
  return { pooling, dimensions };
}
