import { alignedRows } from "./aligned-rows.ts";
import type { CompileReport } from "../ports/model-compiler.ts";
import { formatBytes, formatDuration } from "./format-numbers.ts";
import { printableLine } from "./printable.ts";
import { createStyle } from "./style.ts";
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

export function modelsText(models: readonly ModelLine[], terminal: Terminal): string {
  const { chalk } = createStyle(terminal);
  const shown = ({ state, compiled }: ModelLine): string => {
    if (state === "here" && compiled !== undefined) {
      return compiled.length > 0 ? chalk.green(`${compiled.join(", ")} compiled`) : chalk.yellow("in cache, not compiled");
    }
    return { bundled: chalk.green("bundled"), here: chalk.green("here"), absent: chalk.dim("not here"), damaged: chalk.red("damaged") }[state];
  };
  const sections = [...new Set(models.map(({ role }) => role))].map((role) => {
    const rows = models
      .filter((model) => model.role === role)
      .map((model) => [
        printableLine(model.name),
        shown(model),
        formatBytes(model.sizeBytes),
        model.problem === undefined ? `${model.languages.replace(/^about (\d+)$/, "~$1 languages")}, ${model.licence}` : printableLine(model.problem),
      ]);
    return `${chalk.bold(`${role}s`)}\n${alignedRows(rows, terminal)}`;
  });
  const hint = models.some(({ state }) => state === "absent") ? `\n${chalk.dim("bring one: rerank models pull <name>")}\n` : "";
  return sections.join("\n") + hint;
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

function faithfulness({ minCosine, maxRelevanceDifference, kendallTau }: CompileReport): string {
  if (minCosine !== null) return `; cosine to fp32 at least ${minCosine.toFixed(5)}`;
  if (maxRelevanceDifference === null) return "";
  const order = kendallTau === null ? "" : `, Kendall tau ${kendallTau.toFixed(3)}`;
  return `; relevances differ by at most ${maxRelevanceDifference.toFixed(4)} from fp32${order}`;
}

/** One line, without the choices for each matrix: they are in the report beside the graph. */
export function compiledJson({ matrices: _matrices, ...model }: CompiledModel): string {
  return `${JSON.stringify(model)}\n`;
}
