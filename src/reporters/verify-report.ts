import type { CompileReport, GoldenComparison } from "../ports/model-compiler.ts";
import { alignedRows } from "./aligned-rows.ts";
import { shortenEnd } from "./fit-text.ts";
import { counted, formatBytes, formatDuration } from "./format-numbers.ts";
import { faithfulness } from "./models-report.ts";
import { printableLine } from "./printable.ts";
import { createStyle, padStart } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** What verifying one model has found. */
export interface VerifiedModel {
  readonly id: string;
  readonly role: "embedder" | "reranker";
  /** Where it ran. */
  readonly device: string;
  readonly folder: string;
  readonly comparisons: readonly GoldenComparison[];
  readonly report: CompileReport;
}

/** Raised when a key changes its meaning or goes away. */
const VERIFY_VERSION = 1;
const DIGITS = 5;
const NUMBER_COLUMNS = 9;
const GAP = "  ";
/** What a row shows of a text where the terminal is very narrow. */
const LEAST_TEXT_COLUMNS = 8;

/** One model: its rows, and what its compilation says of itself. Texts are cut to the terminal's width, and whole in a pipe. */
export function verifiedText(model: VerifiedModel, terminal: Terminal): string {
  const { id, role, device, comparisons, report } = model;
  const { chalk, glyphs } = createStyle(terminal);
  const head = [" ".repeat("passed".length), padStart("expected", NUMBER_COLUMNS), padStart(role === "embedder" ? "cosine" : "relevance", NUMBER_COLUMNS), "text"];
  const textColumns = Math.max(LEAST_TEXT_COLUMNS, terminal.columns - head.slice(0, -1).join(GAP).length - GAP.length);
  const rows = comparisons.map(({ text, expected, found, passed }) => {
    const line = printableLine(text.replaceAll(/\s+/g, " "));
    const numbers = [expected, found].map((value) => padStart(value.toFixed(DIGITS), NUMBER_COLUMNS));
    return [passed ? chalk.green("passed") : chalk.red("FAILED"), ...numbers, terminal.isTerminal ? shortenEnd(line, textColumns, glyphs.ellipsis) : line].join(GAP);
  });
  const failed = comparisons.filter(({ passed }) => !passed).length;
  const verdict = failed === 0 ? chalk.green(`all ${comparisons.length} passed`) : chalk.red(`${failed} of ${comparisons.length} FAILED`);
  return `${[chalk.bold(`${printableLine(id)} ${glyphs.dot} ${role} on ${device}`), chalk.dim(head.join(GAP)), ...rows, verdict].join("\n")}\n${alignedRows([[summaryOf(report)]], terminal)}`;
}

/** "int8, 641 MB, compiled in 1 min 32 s: 168 matrices in int8, 28 in two int8 products; cosine to fp32 at least 0.99951" */
function summaryOf(report: CompileReport): string {
  const { precision, requestedPrecision, sizeBytes, seconds } = report;
  const instead = precision === requestedPrecision ? "" : ` in place of ${requestedPrecision}, which could not keep the bound`;
  return `${precision}${instead}, ${formatBytes(sizeBytes)}, compiled in ${formatDuration(seconds * 1000)}: ${matricesText(report)}${faithfulness(report)}`;
}

function matricesText({ matrices }: CompileReport): string {
  const counts = countKinds(matrices);
  const parts = Object.entries(counts).map(([kind, count], position) => `${position === 0 ? counted(count, "matrix", "matrices") : count} in ${kind === "int8-twice" ? "two int8 products" : kind}`);
  return parts.length === 0 ? "no choices were written down" : parts.join(", ");
}

/** How many matrices are kept in which way, the most first. A choice goes on after its kind: "int8, channels moved by 0.5". */
function countKinds(matrices: CompileReport["matrices"]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { choice } of matrices) {
    const kind = choice.split(",", 1)[0] ?? choice;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([, left], [, right]) => right - left));
}

/** All models as one object; of the choices for every matrix their counts. */
export function verifiedJson(models: readonly VerifiedModel[]): string {
  const written = models.map(({ report: { matrices, ...report }, ...model }) => ({ ...model, passed: hasPassed(model), report: { ...report, matrices: countKinds(matrices) } }));
  return `${JSON.stringify({ version: VERIFY_VERSION, passed: models.every(hasPassed), models: written }, null, 2)}\n`;
}

export function hasPassed({ comparisons }: Pick<VerifiedModel, "comparisons">): boolean {
  return comparisons.every(({ passed }) => passed);
}
