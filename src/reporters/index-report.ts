import type { IndexReport } from "../pipeline/index-report.ts";
import { counted, formatCount, formatDuration } from "./format-numbers.ts";
import { printableJson, printableLine } from "./printable.ts";
import { shortenEnd } from "./fit-text.ts";
import { fileLine } from "./file-line.ts";
import { createStyle, padEnd, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

export interface IndexReportOptions {
  readonly terminal: Terminal;
  /** Every skipped file with its reason in full, and every warning. */
  readonly verbose: boolean;
}

/** Raised when a key changes its meaning or goes away. Described in docs/index-report.schema.json. */
const INDEX_REPORT_VERSION = 1;
const FIRST_PATHS = 3;
const FIRST_WARNINGS = 5;

/** What `rerank index` prints at its end. Ends with a line break. */
export function indexReportText(report: IndexReport, options: IndexReportOptions): string {
  const style = createStyle(options.terminal);
  const lines = [
    ...(report.interrupted ? [style.chalk.yellow("interrupted: what is done is kept, the next run goes on from there")] : []),
    summaryLine(report, style),
    ...changesLine(report, style),
    ...skippedLines(report, options, style),
    ...warningLines(report, options, style),
    `index: ${counted(report.total.documents, "document")}, ${counted(report.total.passages, "passage")}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** One object on several lines, with a line break at the end. */
export function indexReportJson(report: IndexReport): string {
  const record = {
    version: INDEX_REPORT_VERSION,
    indexed: report.indexed,
    unchanged: report.unchanged,
    moved: report.moved,
    removed: report.removed,
    skipped: report.skipped.map(({ path, reason, detail }) => ({ path, reason, detail })),
    warnings: report.warnings.map(({ path, warning }) => ({ path, warning })),
    passages: report.passages,
    embedded: report.embedded,
    truncated: report.truncated,
    total: { documents: report.total.documents, passages: report.total.passages },
    elapsedMs: Math.round(report.elapsedMs * 1000) / 1000,
    dryRun: report.dryRun,
    interrupted: report.interrupted,
  };
  return `${printableJson(JSON.stringify(record, null, 2))}\n`;
}

function summaryLine({ indexed, passages, embedded, elapsedMs, dryRun }: IndexReport, { chalk }: Style): string {
  const time = chalk.dim(`in ${formatDuration(elapsedMs)}`);
  if (dryRun) return `${chalk.bold("dry run:")} would index ${counted(indexed, "file")} ${time}`;
  const known = passages - embedded;
  const reused = known > 0 && indexed > 0 ? ` (${formatCount(known)} known already)` : "";
  const written = indexed === 0 ? "" : `, ${counted(passages, "passage")}${reused}`;
  return `${chalk.bold("indexed")} ${counted(indexed, "file")}${written} ${time}`;
}

function changesLine({ unchanged, moved, removed, truncated }: IndexReport, { glyphs }: Style): string[] {
  const parts = [
    unchanged === 0 ? "" : `${formatCount(unchanged)} unchanged`,
    moved === 0 ? "" : `${formatCount(moved)} moved`,
    removed === 0 ? "" : `${formatCount(removed)} removed`,
    truncated === 0 ? "" : `${counted(truncated, "passage")} longer than the embedder reads`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? [] : [`  ${parts.join(` ${glyphs.dot} `)}`];
}

/** Grouped by reason, the most frequent first. */
function skippedLines({ skipped, dryRun }: IndexReport, { terminal, verbose }: IndexReportOptions, style: Style): string[] {
  if (skipped.length === 0) return [];
  const { chalk, glyphs } = style;
  const groups = new Map<string, IndexReport["skipped"][number][]>();
  for (const file of skipped) groups.set(file.reason, [...(groups.get(file.reason) ?? []), file]);
  const sorted = [...groups].sort(([a, of], [b, others]) => others.length - of.length || (a < b ? -1 : 1));
  const reasonWidth = Math.max(...sorted.map(([reason]) => reason.length));
  const countWidth = Math.max(...sorted.map(([, files]) => formatCount(files.length).length));
  const lines = sorted.flatMap(([reason, files]) => {
    const head = `  ${formatCount(files.length).padStart(countWidth)} ${padEnd(reason, reasonWidth)}  `;
    if (verbose) {
      return [
        head.trimEnd(),
        ...files.map(({ path, detail }) => {
          const about = fileLine(path, detail).slice(path.length);
          return `      ${printableLine(path)}${chalk.dim(printableLine(about))}`;
        }),
      ];
    }
    const more = files.length - FIRST_PATHS;
    const paths = files.slice(0, FIRST_PATHS).map(({ path }) => printableLine(path));
    const listed = `${paths.join(", ")}${more > 0 ? `, and ${formatCount(more)} more` : ""}`;
    return [head + chalk.dim(fitted(listed, terminal, head.length, glyphs.ellipsis))];
  });
  const verb = dryRun ? "would skip" : "skipped";
  const title = `${chalk.yellow(verb)} ${counted(skipped.length, "file")}${verbose ? "" : chalk.dim(" (--verbose says more)")}`;
  return [title, ...lines];
}

function warningLines({ warnings }: IndexReport, { terminal, verbose }: IndexReportOptions, style: Style): string[] {
  if (warnings.length === 0) return [];
  const { chalk, glyphs } = style;
  const shown = verbose ? warnings : warnings.slice(0, FIRST_WARNINGS);
  const lines = shown.map(({ path, warning }) => {
    const line = printableLine(fileLine(path, warning));
    return `  ${verbose ? line : fitted(line, terminal, 2, glyphs.ellipsis)}`;
  });
  const more = warnings.length - shown.length;
  return [
    `${chalk.yellow(counted(warnings.length, "warning"))}: parts that were left out`,
    ...lines,
    ...(more > 0 ? [`  and ${formatCount(more)} more (--verbose lists them)`] : []),
  ];
}

/** Only a terminal cuts lines: a log keeps all of them. */
function fitted(text: string, { isTerminal, columns }: Terminal, indent: number, ellipsis: string): string {
  return isTerminal ? shortenEnd(text, columns - indent, ellipsis) : text;
}
