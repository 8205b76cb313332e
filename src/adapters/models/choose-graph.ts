import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { CARD_FILE, type GraphFiles } from "./model-card.ts";

export interface ChosenGraph {
  /** Relative to the model's folder, with forward slashes. */
  readonly path: string;
  readonly precision: string;
}

/** Endings by which converters mark the precision of a graph, the more special ones first. */
const PRECISION_MARKS: readonly (readonly [RegExp, string])[] = [
  [/q4f16/, "int4-fp16"],
  [/q4|bnb4|int4/, "int4"],
  [/quint8|uint8/, "uint8"],
  [/quantized|q?int8|_q8/, "int8"],
  [/fp16|float16|_O4/, "fp16"],
];

/** "fp32" where the name says nothing. */
export function precisionOfName(path: string): string {
  return PRECISION_MARKS.find(([mark]) => mark.test(path))?.[1] ?? "fp32";
}

/** The first of the candidates that is among the paths; `precision` narrows the choice. */
function chooseGraph(paths: ReadonlySet<string>, candidates: GraphFiles, precision: string | undefined): ChosenGraph | undefined {
  for (const [name, files] of Object.entries(candidates)) {
    if (precision !== undefined && precision !== name) continue;
    const path = files.find((file) => paths.has(file));
    if (path !== undefined) return { path, precision: name };
  }
  return undefined;
}

/** Graphs of folders that hold both roles are named for them. */
export function roleGraphs(paths: Iterable<string>, role: ModelRole): GraphFiles {
  const graphs: Record<string, string[]> = {};
  for (const path of [...paths].sort()) {
    if (!new RegExp(`^(?:onnx/)?${role}[^/]*\\.onnx$`).test(path)) continue;
    (graphs[precisionOfName(path)] ??= []).push(path);
  }
  return graphs;
}

/** The graph files of a folder, of `onnx/` in it, and those that its card names elsewhere. */
export function graphPathsIn(folder: string, named: GraphFiles | undefined): Set<string> {
  const listed = listFolder(folder).filter((name) => name.endsWith(".onnx"));
  const inner = listFolder(join(folder, "onnx")).filter((name) => name.endsWith(".onnx")).map((name) => `onnx/${name}`);
  const paths = [...listed, ...inner, ...Object.values(named ?? {}).flat()];
  // A link whose target is gone is listed, and does not exist.
  return new Set(paths.filter((path) => existsSync(join(folder, path))));
}

export interface GraphWish {
  readonly role: ModelRole;
  /** What the model's card names: nothing else will do then. */
  readonly named: GraphFiles | undefined;
  /** Where converters put graphs. */
  readonly usual: GraphFiles;
  readonly precision: string | undefined;
}

/**
 * The graph among these paths for a role: one that the card names; without a card one that is named for the role, then one
 * where converters put it, then the only one there is.
 */
export function findGraph(paths: ReadonlySet<string>, { role, named, usual, precision }: GraphWish): ChosenGraph | undefined {
  if (named !== undefined) return chooseGraph(paths, named, precision);
  const chosen = chooseGraph(paths, roleGraphs(paths, role), precision) ?? chooseGraph(paths, usual, precision);
  const [only, ...others] = [...paths].filter((path) => path.endsWith(".onnx"));
  if (chosen !== undefined || only === undefined || others.length > 0) return chosen;
  const found = precisionOfName(only);
  return precision === undefined || precision === found ? { path: only, precision: found } : undefined;
}

/** The same in a folder. Throws UserError that says what was looked for. */
export function requireGraph(folder: string, wish: GraphWish): ChosenGraph {
  const paths = graphPathsIn(folder, wish.named);
  const chosen = findGraph(paths, wish);
  if (chosen !== undefined) return chosen;
  if (paths.size > 0) {
    const lacking = wish.precision === undefined ? "with a name that says which to take" : `in ${wish.precision}`;
    throw new UserError(`${folder} has no graph ${lacking}: its graphs are ${[...paths].slice(0, 6).join(", ")}`, {
      hint: `name one in ${join(folder, CARD_FILE)}: { "${wish.role}": { "graphs": { "int8": ["file.onnx"] } } }`,
    });
  }
  const candidates = Object.values(wish.named ?? wish.usual).flat();
  throw new UserError(`${folder} holds no ONNX graph (looked for ${candidates.slice(0, 4).join(", ")})`, {
    hint: "export the model to ONNX, or name a model of `rerank models list`",
  });
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    // No such folder: nothing in it.
    return [];
  }
}
