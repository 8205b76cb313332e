import type { RankedPassage } from "../domain/candidate.ts";
import type { ModelStamp, SearchResult } from "../pipeline/search-result.ts";
import { displayPath, locationSuffix, type PathView } from "./display-path.ts";
import { shortenStart } from "./fit-text.ts";
import { counted, formatDuration, formatRelevances, formatSimilarity } from "./format-numbers.ts";
import { printableLine } from "./printable.ts";
import { movementLabel, paintMovement } from "./result-columns.ts";
import { createStyle, padEnd, padStart, widthOf, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

export interface ExplainOptions extends PathView {
  readonly terminal: Terminal;
}

const LABEL_COLUMNS = 13;
const HALF_GAP = "   ";
const LEAST_HALF_COLUMNS = 36;
/** On a very wide screen the two orders would stand too far apart to be compared. */
const MOST_HALF_COLUMNS = 72;

/**
 * What `--explain` prints: settings, models, timings, then the first stage's order and the final one side by side (below
 * each other where the window is narrow). Ends with a line break.
 */
export function explainReport(result: SearchResult, options: ExplainOptions): string {
  const style = createStyle(options.terminal);
  return `${[...factLines(result, style), "", ...orderLines(result, options, style)].join("\n")}\n`;
}

function factLines(result: SearchResult, style: Style): string[] {
  const { chalk, glyphs } = style;
  const { settings, timings, models } = result;
  const truncated = result.results.filter(({ judgment }) => judgment?.truncated).length;
  const join = (parts: readonly (string | null)[]) => parts.filter((part) => part !== null).join(` ${glyphs.dot} `);
  const time = (name: string, elapsedMs: number | null) => (elapsedMs === null ? null : `${name} ${formatDuration(elapsedMs)}`);
  const facts: [string, string][] = [
    ["query", printableLine(result.query)],
    ["instruction", result.instruction === null ? glyphs.none : printableLine(result.instruction)],
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
        truncated === 0 ? null : `${truncated} of the results read in part only`,
      ]),
    ],
    ...result.notices.map((notice): [string, string] => ["note", printableLine(notice)]),
  ];
  return facts.map(([label, value]) => `${chalk.dim(padEnd(label, LABEL_COLUMNS))}${value}`);
}

function modelLine(stamp: ModelStamp | null, { chalk, glyphs }: Style): string {
  if (stamp === null) return glyphs.none;
  const { id, revision, precision, fingerprint } = stamp;
  // A commit or digest is told from others by its first twelve characters; JSON has all of it.
  const details = [precision, `revision ${revision.slice(0, 12)}`, `fingerprint ${fingerprint.slice(0, 12)}`];
  return `${printableLine(id)} ${chalk.dim(details.map(printableLine).join(` ${glyphs.dot} `))}`;
}

function orderLines(result: SearchResult, options: ExplainOptions, style: Style): string[] {
  const { columns } = options.terminal;
  const half = Math.min(Math.floor((columns - HALF_GAP.length) / 2), MOST_HALF_COLUMNS);
  const isBeside = half >= LEAST_HALF_COLUMNS;
  const width = isBeside ? half : columns;
  const first = firstOrder(result, options, style, width);
  const final = finalOrder(result, options, style, width);
  if (!isBeside) return [...first, "", ...final];
  return Array.from({ length: Math.max(first.length, final.length) }, (_, position) =>
    `${padEnd(first[position] ?? "", width)}${HALF_GAP}${final[position] ?? ""}`.trimEnd(),
  );
}

/** As many places of the first stage as there are results; those that fell out of the results are known by number only. */
function firstOrder(result: SearchResult, options: ExplainOptions, style: Style, width: number): string[] {
  const { chalk, glyphs } = style;
  const known = new Map(result.results.map((ranked) => [ranked.passage.id, ranked]));
  const shown = result.recallOrder.slice(0, result.results.length);
  const rankWidth = String(shown.length).length;
  const rows = shown.map((passageId, position) => {
    const ranked = known.get(passageId);
    const rank = padStart(String(position + 1), rankWidth);
    const similarity = ranked?.similarity == null ? padEnd(glyphs.none, 5) : formatSimilarity(ranked.similarity);
    const goes = ranked === undefined ? `${glyphs.to} out` : `${glyphs.to} ${ranked.rank}`;
    const head = `${rank}  ${similarity}  `;
    const room = width - widthOf(head) - widthOf(goes) - 2;
    const place = ranked === undefined ? chalk.dim(`passage ${passageId}`) : placeOf(ranked, options, style, room);
    return `${rank}  ${chalk.dim(similarity)}  ${padEnd(place, room)}  ${chalk.dim(goes)}`;
  });
  return [chalk.dim(firstTitle(result)), ...rows];
}

function firstTitle({ settings }: SearchResult): string {
  if (settings.recallMethod === "input") return "order of the input";
  return settings.hybrid ? "first stage, by similarity and BM25" : "first stage, by similarity";
}

function finalOrder(result: SearchResult, options: ExplainOptions, style: Style, width: number): string[] {
  const { chalk, glyphs } = style;
  const { results } = result;
  const relevances = formatRelevances(results.map(({ judgment }) => judgment?.relevance ?? null)).map(
    (relevance) => relevance ?? glyphs.none,
  );
  const widest = (cells: readonly string[]) => Math.max(0, ...cells.map(widthOf));
  const moves = results.map((ranked) => movementLabel(ranked, style));
  const logits = results.map(({ judgment }) => (judgment === null ? glyphs.none : judgment.logit.toFixed(2)));
  const rankWidth = widest(results.map(({ rank }) => String(rank)));
  const rows = results.map((ranked, position) => {
    const rank = padStart(String(ranked.rank), rankWidth);
    const move = padStart(moves[position] ?? "", widest(moves));
    const relevance = padEnd(relevances[position] ?? "", widest(relevances));
    const logit = padStart(logits[position] ?? "", widest(logits));
    const room = width - widthOf(`${rank}  ${move}  ${relevance}  ${logit}  `);
    const numbers = `${paintMovement(move, ranked, style)}  ${relevance}  ${chalk.dim(logit)}`;
    return `${rank}  ${numbers}  ${placeOf(ranked, options, style, room)}`;
  });
  const title = result.models.reranker === null ? "final order, not reranked" : "after reranking, by relevance and logit";
  return [chalk.dim(title), ...rows];
}

/** Shortened from the left where it must be: the list of results has the whole path. */
function placeOf({ passage }: RankedPassage, options: ExplainOptions, { chalk, glyphs }: Style, width: number): string {
  const suffix = locationSuffix(passage.location);
  const path = printableLine(displayPath(passage.path, options));
  return chalk.cyan(shortenStart(path, Math.max(8, width - widthOf(suffix)), glyphs.ellipsis)) + chalk.dim(suffix);
}
