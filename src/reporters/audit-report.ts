import type { AuditFindings } from "../pipeline/audit.ts";
import { alignedRows } from "./aligned-rows.ts";
import { auditChecks, type AuditCheck } from "./audit-checks.ts";
import { counted, formatBytes, formatCount, formatDuration } from "./format-numbers.ts";
import { printableJson, printableLine } from "./printable.ts";
import { createStyle, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

export interface AuditReport {
  readonly findings: AuditFindings;
  /** What a repair has done, one line each; the findings are those after it. */
  readonly repaired: readonly string[];
  readonly elapsedMs: number;
}

/** Raised when a key changes its meaning or goes away. Described in docs/audit.schema.json. */
const AUDIT_VERSION = 1;
const MOST_DOCUMENTS = 5;
const MOST_REPAIRED = 20;

/** No problem: the exit code says so too. */
export function isHealthy({ findings }: Pick<AuditReport, "findings">): boolean {
  return !auditChecks(findings).some(({ verdict }) => verdict === "problem");
}

/** What `rerank audit` prints: a line for each check, where the bytes lie, and the sum of it. */
export function auditText({ findings, repaired, elapsedMs }: AuditReport, terminal: Terminal): string {
  const style = createStyle(terminal);
  const checks = auditChecks(findings);
  const rows = checks.flatMap((check) => checkRows(check, style));
  const parts = [
    alignedRows(rows, terminal),
    diskText(findings, terminal),
    repairedText(repaired, terminal, style),
    `${verdictLine(checks, style)} ${style.glyphs.dot} ${formatDuration(elapsedMs)}\n`,
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function checkRows({ name, verdict, detail, remedy, documents }: AuditCheck, { chalk, glyphs }: Style): string[][] {
  const marks = { ok: chalk.green("ok"), note: chalk.yellow("note"), problem: chalk.red("PROBLEM") };
  const more = documents.length > MOST_DOCUMENTS ? [`and ${counted(documents.length - MOST_DOCUMENTS, "more document", "more documents")}`] : [];
  const below = [...documents.slice(0, MOST_DOCUMENTS), ...more, ...(remedy === null ? [] : [`${glyphs.to} ${remedy}`])];
  return [[marks[verdict], name, printableLine(detail)], ...below.map((line) => ["", "", printableLine(line)])];
}

/** The store's parts, the largest first. */
function diskText({ disk: { parts, log, hnsw, leftovers } }: AuditFindings, terminal: Terminal): string {
  if (parts === undefined) return "";
  const sizes: readonly (readonly [string, number])[] = [
    ["vectors", parts.vectors],
    ["passages", parts.passages],
    ["lexical index", parts.lexicalIndex],
    ["documents", parts.documents],
    ["other tables", parts.other],
    ["free pages", parts.free],
    ["log", log],
    ["HNSW file", hnsw],
    ["leftovers", leftovers],
  ];
  const rows = sizes.filter(([, sizeBytes]) => sizeBytes > 0).toSorted(([, left], [, right]) => right - left);
  return alignedRows(rows.map(([name, sizeBytes]) => [name, formatBytes(sizeBytes)]), terminal);
}

function repairedText(repaired: readonly string[], terminal: Terminal, { chalk }: Style): string {
  if (repaired.length === 0) return "";
  const shown = repaired.slice(0, MOST_REPAIRED).map((line) => [chalk.green("repaired"), printableLine(line)]);
  const more = repaired.length - shown.length;
  return alignedRows(more > 0 ? [...shown, ["", `and ${formatCount(more)} more, which --json lists`]] : shown, terminal);
}

function verdictLine(checks: readonly AuditCheck[], { chalk }: Style): string {
  const count = (wanted: AuditCheck["verdict"]): number => checks.filter(({ verdict }) => verdict === wanted).length;
  const notes = count("note") === 0 ? "" : `, ${counted(count("note"), "note")}`;
  const problems = count("problem");
  return problems === 0 ? `${chalk.green("healthy")}${notes}` : `${chalk.red(counted(problems, "problem"))}${notes}`;
}

export function auditJson({ findings, repaired, elapsedMs }: AuditReport): string {
  const { indexFolder, content, disk } = findings;
  const { store, log, hnsw, leftovers, parts } = disk;
  const checks = auditChecks(findings);
  const report = {
    version: AUDIT_VERSION,
    index: indexFolder,
    healthy: isHealthy({ findings }),
    checks,
    hnsw: content?.vectors.recall ?? null,
    disk: {
      totalBytes: store + log + hnsw + leftovers,
      storeBytes: store,
      logBytes: log,
      hnswBytes: hnsw,
      leftoverBytes: leftovers,
      partBytes: parts ?? null,
    },
    problems: checks.filter(({ verdict }) => verdict === "problem").map(({ name, detail }) => `${name}: ${detail}`),
    repaired,
    elapsedMs,
  };
  return `${printableJson(JSON.stringify(report, null, 2))}\n`;
}
