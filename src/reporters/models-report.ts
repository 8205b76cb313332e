import { alignedRows } from "./aligned-rows.ts";
import type { CompileReport } from "../ports/model-compiler.ts";
import { formatBytes, formatDuration } from "./format-numbers.ts";
import { printableLine } from "./printable.ts";
import { createStyle, widthOf } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** What is shown of a known model. */
export interface ModelLine {
  readonly name: string;
  readonly role: string;
  readonly presets: readonly string[];
  readonly state: "bundled" | "here" | "damaged" | "absent";
  readonly problem?: string | undefined;
  readonly folder?: string | undefined;
  readonly precision?: string | undefined;
  /** The precisions that a Qwen3 model is compiled to. */
  readonly compiled?: readonly string[] | undefined;
  readonly sizeBytes: number;
  readonly repo: string | undefined;
  readonly licence: string;
  readonly languages: string;
}

const MODELS_VERSION = 1;

/** By role, as much of each model as the terminal is wide; in a pipe all of it, a line each. */
export function modelsText(models: readonly ModelLine[], terminal: Terminal): string {
  const { chalk } = createStyle(terminal);
  const sections = [...new Set(models.map(({ role }) => role))].map((role) => ({ role, ofRole: models.filter((model) => model.role === role) }));
  const fits = (notesOf: NotesOf): boolean => sections.every(({ ofRole }) => table(ofRole, notesOf, terminal).every((line) => widthOf(line) <= terminal.columns));
  const layout = terminal.isTerminal ? LAYOUTS.find(fits) : LAYOUTS[0];
  const texts = sections.map(({ role, ofRole }) => {
    const lines = layout === undefined ? stacked(ofRole, terminal) : table(ofRole, layout, terminal);
    const withProblems = lines.flatMap((line, place) => [line, ...problemLines(ofRole[place]?.problem, terminal)]);
    return `${chalk.bold(`${role}s`)}\n${withProblems.map((line) => `${line}\n`).join("")}`;
  });
  return texts.join("\n") + pullHint(models, terminal);
}

/** What is told of a model after its name, state and size. */
type NotesOf = (model: ModelLine) => string;

/** The widest one that fits is taken. The licence is told again when a model is pulled. */
const LAYOUTS: readonly NotesOf[] = [
  ({ languages, licence }) => `${shortLanguages(languages)}, ${licence}`,
  ({ languages, licence }) => `${shortLanguages(languages)}, ${shortLicence(licence)}`,
  ({ licence }) => shortLicence(licence),
  () => "",
];

function shortLanguages(languages: string): string {
  return languages.replace(/^about (\d+)$/, "~$1 languages");
}

function shortLicence(licence: string): string {
  return licence.replace(/ \(.*\)$/, "");
}

function table(models: readonly ModelLine[], notesOf: NotesOf, terminal: Terminal): string[] {
  const rows = models.map((model) => [printableLine(model.name), stateOf(model, terminal), formatBytes(model.sizeBytes), printableLine(notesOf(model))]);
  return alignedRows(rows).split("\n").slice(0, -1).map((line) => line.trimEnd());
}

/** For terminals that are narrower than names and states: each name has a line of its own. */
function stacked(models: readonly ModelLine[], terminal: Terminal): string[] {
  const { glyphs } = createStyle(terminal);
  return models.map((model) => `${printableLine(model.name)}\n  ${stateOf(model, terminal)} ${glyphs.dot} ${formatBytes(model.sizeBytes)}`);
}

function stateOf({ state, compiled }: ModelLine, terminal: Terminal): string {
  const { chalk } = createStyle(terminal);
  if (state === "here" && compiled !== undefined) {
    return compiled.length > 0 ? chalk.green(`${compiled.join(", ")} compiled`) : chalk.yellow("in cache, not compiled");
  }
  return { bundled: chalk.green("bundled"), here: chalk.green("here"), absent: chalk.dim("not here"), damaged: chalk.red("damaged") }[state];
}

/** Why a model is damaged, below it. */
function problemLines(problem: string | undefined, terminal: Terminal): string[] {
  if (problem === undefined) return [];
  return alignedRows([[" ", printableLine(problem)]], terminal).split("\n").slice(0, -1);
}

function pullHint(models: readonly ModelLine[], terminal: Terminal): string {
  const { chalk } = createStyle(terminal);
  const verbs = [
    ...(models.some(({ state }) => state === "absent" || state === "damaged") ? ["bring"] : []),
    ...(models.some(({ state, compiled }) => state === "here" && compiled?.length === 0) ? ["compile"] : []),
  ];
  return verbs.length === 0 ? "" : `\n${chalk.dim(`${verbs.join(" or ")} one: rerank models pull <name>`)}\n`;
}

export function modelsJson(models: readonly ModelLine[]): string {
  return `${JSON.stringify({ version: MODELS_VERSION, models }, null, 2)}\n`;
}

/** What compiling a model has given, with the model's name and the graph's folder. */
export interface CompiledModel extends CompileReport {
  readonly id: string;
  readonly folder: string;
}

/** "qwen3-reranker-0.6b: int8, 641 MB in 1 min 32 s; relevances differ by at most 0.0042 from fp32" */
export function compiledLine(model: CompiledModel): string {
  const { id, precision, requestedPrecision, sizeBytes, seconds } = model;
  const instead = precision === requestedPrecision ? "" : ` (${requestedPrecision} could not keep the bound)`;
  const size = `${formatBytes(sizeBytes)} in ${formatDuration(seconds * 1000)}`;
  return `${printableLine(id)}: ${precision}${instead}, ${size}${faithfulness(model)}\n`;
}

/** "; cosine to fp32 at least 0.99951": what compiling has measured; "" for fp32, which is not rounded. */
export function faithfulness({ minCosine, maxRelevanceDifference, kendallTau }: CompileReport): string {
  if (minCosine !== null) return `; cosine to fp32 at least ${minCosine.toFixed(5)}`;
  if (maxRelevanceDifference === null) return "";
  const order = kendallTau === null ? "" : `, Kendall tau ${kendallTau.toFixed(3)}`;
  return `; relevances differ by at most ${maxRelevanceDifference.toFixed(4)} from fp32${order}`;
}

/** One line, without the choices for each matrix: they are in the report beside the graph. */
export function compiledJson({ matrices: _matrices, ...model }: CompiledModel): string {
  return `${JSON.stringify(model)}\n`;
}
