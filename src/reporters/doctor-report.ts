import { alignedRows } from "./aligned-rows.ts";
import { printableLine } from "./printable.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** One thing that `rerank doctor` looked at. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "note" | "failed";
  /** What was found, in one line. */
  readonly detail: string;
  /** What to do about it, for everything that is not ok. */
  readonly remedy?: string;
}

const DOCTOR_VERSION = 1;

export function doctorText(checks: readonly Check[], terminal: Terminal): string {
  const { chalk, glyphs } = createStyle(terminal);
  const marks = { ok: chalk.green("ok"), note: chalk.yellow("note"), failed: chalk.red("FAILED") };
  return alignedRows(
    checks.flatMap(({ name, state, detail, remedy }) => [
      [marks[state], name, printableLine(detail)],
      ...(remedy === undefined ? [] : [["", "", `${glyphs.to} ${printableLine(remedy)}`]]),
    ]),
    terminal,
  );
}

export function doctorJson(checks: readonly Check[]): string {
  return `${JSON.stringify({ version: DOCTOR_VERSION, healthy: !checks.some(({ state }) => state === "failed"), checks }, null, 2)}\n`;
}
