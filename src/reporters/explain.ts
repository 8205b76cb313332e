import type { ModelStamp, SearchResult } from "../pipeline/search-result.ts";
import { orderLines } from "./explain-orders.ts";
import { wrapLines } from "./fit-text.ts";
import { counted, formatCount, formatDuration } from "./format-numbers.ts";
import { printableLine } from "./printable.ts";
import { createStyle, padEnd, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";
import type { TextOptions } from "./text.ts";

const LABEL_COLUMNS = 13;

/**
 * What `--explain` prints: settings, models, timings, then the first stage's order and the final one side by side (below
 * each other where the window is narrow). Ends with a line break.
 */
export function explainReport(result: SearchResult, options: TextOptions): string {
  const style = createStyle(options.terminal);
  return `${[...factLines(result, options.terminal, style), "", ...orderLines(result, { ...options, logits: true }, style)].join("\n")}\n`;
}

function factLines(result: SearchResult, { columns }: Terminal, style: Style): string[] {
  const { chalk, glyphs } = style;
  const { settings, timings, models } = result;
  const truncated = result.results.filter(({ judgment }) => judgment?.truncated).length;
  const join = (parts: readonly (string | null)[]) => parts.filter((part) => part !== null).join(` ${glyphs.dot} `);
  const time = (name: string, elapsedMs: number | null) => (elapsedMs === null ? null : `${name} ${formatDuration(elapsedMs)}`);
  const facts: [string, string][] = [
    ["query", printableLine(result.query)],
    ["instruction", instructionText(result) ?? glyphs.none],
    ["embedder", modelLine(models.embedder, style)],
    ["reranker", modelLine(models.reranker, style)],
    [
      "settings",
      join([
        `recall ${settings.recallMethod}${settings.hybrid ? " + BM25" : ""}`,
        counted(settings.candidateCount, "candidate"),
        counted(settings.resultCount, "result"),
        settings.minRelevance === null ? null : `relevance at least ${settings.minRelevance}`,
        settings.budgetMs === null ? null : `budget ${formatDuration(settings.budgetMs)}`,
        settings.perDocument ? "one per document" : null,
        settings.paths.length === 0 ? null : `paths ${settings.paths.map(printableLine).join(", ")}`,
      ]),
    ],
    [
      "timings",
      join([
        time("embed", timings.embedMs),
        time("recall", timings.recallMs),
        time("rerank", timings.rerankMs),
        time("total", timings.totalMs),
      ]),
    ],
    [
      "judged",
      join([
        `${result.judged} of ${counted(result.candidates, "candidate")}`,
        result.partial ? "cut short by the budget" : null,
        result.rerankFailure === null ? null : "the reranker failed",
        truncated === 0 ? null : `${counted(truncated, "result")} read in part only`,
      ]),
    ],
    ...tokenFacts(result),
    ...result.notices.map((notice): [string, string] => ["note", printableLine(notice)]),
  ];
  return facts.flatMap(([label, value]) =>
    wrapLines(value, columns - LABEL_COLUMNS).map(({ start, end }, position) => {
      const margin = padEnd(position === 0 ? label : "", LABEL_COLUMNS);
      return chalk.dim(margin) + value.slice(start, end);
    }),
  );
}

function instructionText({ instruction, ownInstruction }: SearchResult): string | undefined {
  if (instruction !== null) return printableLine(instruction);
  return ownInstruction === undefined ? undefined : `${ownInstruction} (the model's own)`;
}

/** What the reranker computed, and what it had kept of instruction and query from the passage before. */
function tokenFacts({ usage }: SearchResult): [string, string][] {
  if (usage === null) return [];
  const saved = usage.savedTokens === 0 ? "" : `, ${formatCount(usage.savedTokens)} saved by the prefix`;
  return [["tokens", `${formatCount(usage.computedTokens)} computed${saved}`]];
}

function modelLine(stamp: ModelStamp | null, { glyphs }: Style): string {
  if (stamp === null) return glyphs.none;
  const { id, revision, precision, fingerprint } = stamp;
  // A commit or digest is told from others by its first twelve characters; JSON has all of it.
  const details = [id, precision, `revision ${revision.slice(0, 12)}`, `fingerprint ${fingerprint.slice(0, 12)}`];
  return details.map(printableLine).join(` ${glyphs.dot} `);
}
