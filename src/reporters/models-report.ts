import { alignedRows } from "./aligned-rows.ts";
import { formatBytes } from "./format-numbers.ts";
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
  readonly sizeBytes: number;
  readonly repo: string | undefined;
  readonly licence: string;
  readonly languages: string;
}

const MODELS_VERSION = 1;

export function modelsText(models: readonly ModelLine[], terminal: Terminal): string {
  const { chalk } = createStyle(terminal);
  const shown = { bundled: chalk.green("bundled"), here: chalk.green("here"), absent: chalk.dim("not here"), damaged: chalk.red("damaged") };
  const sections = [...new Set(models.map(({ role }) => role))].map((role) => {
    const rows = models
      .filter((model) => model.role === role)
      .map(({ name, state, sizeBytes, languages, licence, problem }) => [
        printableLine(name),
        shown[state],
        formatBytes(sizeBytes),
        problem === undefined ? `${languages.replace(/^about (\d+)$/, "~$1 languages")}, ${licence}` : printableLine(problem),
      ]);
    return `${chalk.bold(`${role}s`)}\n${alignedRows(rows, terminal)}`;
  });
  const hint = models.some(({ state }) => state === "absent") ? `\n${chalk.dim("bring one: rerank models pull <name>")}\n` : "";
  return sections.join("\n") + hint;
}

export function modelsJson(models: readonly ModelLine[]): string {
  return `${JSON.stringify({ version: MODELS_VERSION, models }, null, 2)}\n`;
}
