import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFailure } from "../../domain/disk-failure.ts";
import { UserError } from "../../domain/errors.ts";
import { COMPILE_REPORT_FILE, type CompileReport } from "../../ports/model-compiler.ts";

/** Throws UserError when the disk is full. */
export function writeCompileReport(folder: string, report: CompileReport): void {
  const path = join(folder, COMPILE_REPORT_FILE);
  try {
    writeFileSync(path, `${JSON.stringify(report, undefined, 1)}\n`);
  } catch (cause) {
    throw cacheFailure(`${path} cannot be written`, cause);
  }
}

/** Throws UserError when it is missing or damaged. */
export function readCompileReport(folder: string): CompileReport {
  const path = join(folder, COMPILE_REPORT_FILE);
  try {
    return JSON.parse(readFileSync(path, "utf8")) as CompileReport;
  } catch (cause) {
    throw new UserError(`${path} cannot be used: ${(cause as Error).message}`, { hint: `remove ${folder}: the model is compiled anew when it is used`, cause });
  }
}
