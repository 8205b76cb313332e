import type { BenchmarkReport, PrecisionFigures, RateAtLength, RerankingRate, Spread } from "../pipeline/benchmark-report.ts";
import { alignedRows } from "./aligned-rows.ts";
import { wrapLines } from "./fit-text.ts";
import { formatBytes, formatCount, formatDuration } from "./format-numbers.ts";
import { printableJson, printableLine } from "./printable.ts";
import { roundedMeasure, roundedTime } from "./rounded-numbers.ts";
import { createStyle } from "./style.ts";
import { tableBlocks, type TableColumn } from "./table-blocks.ts";
import type { Terminal } from "./terminal.ts";

/** Raised when a key changes its meaning or goes away. */
const BENCH_VERSION = 1;

/** What `rerank bench` prints: tables, then what they come to. Ends with a line break. */
export function benchText(report: BenchmarkReport, terminal: Terminal): string {
  const { chalk } = createStyle(terminal);
  const facts = (rows: readonly (readonly string[])[]): string => alignedRows(rows, { isTerminal: true, columns: terminal.columns });
  const failures = report.precisions.flatMap((way) => (way.failure === null ? [] : [[wayOf(way), printableLine(way.failure)]]));
  const parts = [
    facts(machineRows(report)),
    ...(report.machine.isBusy ? [chalk.yellow(paragraph(busyLine(report.machine), terminal))] : []),
    embeddingTable(report.embedding, terminal),
    rerankingTable(report, terminal),
    facts(hnswRows(report)),
    precisionTable(report, terminal) + facts(failures),
    paragraph(interactiveText(report), terminal),
    // What is to be copied is not wrapped.
    `${paragraph(recommendationText(report), terminal)}${settingsLine(report)}\n`,
    chalk.dim(`measured in ${formatDuration(report.elapsedMs)}\n`),
  ];
  return parts.join("\n");
}

/** Described in docs/bench.schema.json. */
export function benchJson(report: BenchmarkReport): string {
  const rounded = (key: string, value: unknown): unknown => {
    if (typeof value !== "number") return value;
    return key.startsWith("recall") ? roundedMeasure(value) : roundedTime(value);
  };
  return `${printableJson(JSON.stringify({ version: BENCH_VERSION, ...report }, rounded, 2))}\n`;
}

/** What is said before and with figures that other programs have pressed down. */
export function busyLine({ loadAverage, logicalProcessors }: Pick<BenchmarkReport["machine"], "loadAverage" | "logicalProcessors">): string {
  return `the machine is busy (load ${loadAverage.toFixed(1)} on ${formatCount(logicalProcessors)} processors): these figures are low, measure again when it is quiet`;
}

function machineRows({ machine, models, load, memory }: BenchmarkReport): string[][] {
  const { processor, logicalProcessors, threads, totalBytes, availableBytes, system, nodeVersion, loadAverage } = machine;
  const modelOf = ({ id, precision, device }: (typeof models)["embedder"]): string => `${printableLine(id)}, ${precision} on ${device}`;
  const { first, second } = load;
  const parts = `embedder ${formatDuration(second.embedderMs)}, reranker ${formatDuration(second.rerankerMs)}`;
  return [
    ["processor", `${printableLine(processor)}, ${formatCount(logicalProcessors)} logical, models use ${threads === 1 ? "1 thread" : `${threads} threads`}`],
    ["memory", `${formatBytes(totalBytes)}, ${formatBytes(availableBytes)} free; load ${loadAverage.toFixed(1)}`],
    ["system", `${printableLine(system)}, Node ${nodeVersion}`],
    ["embedder", modelOf(models.embedder)],
    ["reranker", modelOf(models.reranker)],
    ["loading", `${formatDuration(first.readyMs)}; again, with cached files, ${formatDuration(second.readyMs)} (${parts})`],
    ["resident", `${formatBytes(memory.modelsBytes)} for both models, ${formatBytes(memory.ownBytes)} for rerank itself`],
  ];
}

function embeddingTable(rates: readonly RateAtLength[], terminal: Terminal): string {
  return rateTable("embedding", rates, { title: "ms a text", cells: rates.map(({ ms }) => formatMs(ms.median)) }, [], terminal);
}

function rerankingTable({ reranking, candidateCount }: BenchmarkReport, terminal: Terminal): string {
  const search = { title: `${formatCount(candidateCount)} candidates`, cells: reranking.map(({ searchMs }: RerankingRate) => formatDuration(searchMs)) };
  return rateTable("reranking", reranking, { title: "ms a pair", cells: reranking.map(({ ms }) => formatMs(ms.median)) }, [search], terminal);
}

interface Cells {
  readonly title: string;
  readonly cells: readonly string[];
}

/** A row for each length of text. */
function rateTable(title: string, rates: readonly RateAtLength[], time: Cells, more: readonly Cells[], terminal: Terminal): string {
  const columns = [
    { title: "tokens/s", cells: rates.map(({ tokensPerSecond }) => formatCount(tokensPerSecond.median)) },
    { title: "quartiles", cells: rates.map(({ tokensPerSecond }) => rangeOf(tokensPerSecond)) },
    time,
    ...more,
    { title: "runs", cells: rates.map(({ runs }) => formatCount(runs)) },
  ];
  return table({ title, cells: rates.map(({ textTokens }) => `${formatCount(textTokens)} tokens`) }, columns, terminal);
}

function table(labels: Cells, columns: readonly Cells[], terminal: Terminal): string {
  const { chalk } = createStyle(terminal);
  const numbers: TableColumn[] = columns.map((column) => ({ ...column, isText: false, group: column.title }));
  const lines = tableBlocks({ labels, columns: numbers, width: terminal.columns, paintTitles: chalk.dim });
  return lines.map((line) => `${line}\n`).join("");
}

function hnswRows({ hnsw }: BenchmarkReport): string[][] {
  const { vectors, dimensions, buildVectorsPerSecond, queryMs, exactQueryMs, recall10, recall100 } = hnsw;
  return [
    ["HNSW", `${formatCount(vectors)} synthetic vectors of ${formatCount(dimensions)} dimensions, built at ${formatCount(buildVectorsPerSecond)} a second`],
    ["query", `${formatMs(queryMs.median)} ms for the nearest 100, ${formatMs(exactQueryMs.median)} ms by the exact scan`],
    ["recall", `${recall10.toFixed(4)} of the exact 10, ${recall100.toFixed(4)} of the exact 100`],
  ];
}

function precisionTable({ precisions, probed, candidateCount }: BenchmarkReport, terminal: Terminal): string {
  const { chalk, glyphs } = createStyle(terminal);
  const searchOf = ({ searchMs }: PrecisionFigures): string => (searchMs === null ? glyphs.none : formatDuration(searchMs));
  const rateOf = ({ tokensPerSecond }: PrecisionFigures): string => (tokensPerSecond === null ? "failed" : formatCount(tokensPerSecond.median));
  const columns = [
    { title: "tokens/s", cells: precisions.map(rateOf) },
    { title: "quartiles", cells: precisions.map(({ tokensPerSecond }) => (tokensPerSecond === null ? glyphs.none : rangeOf(tokensPerSecond))) },
    { title: `${formatCount(candidateCount)} candidates`, cells: precisions.map(searchOf) },
    { title: "memory", cells: precisions.map(({ memoryBytes }) => formatBytes(memoryBytes)) },
    { title: "fits", cells: precisions.map(({ fits }) => (fits ? "yes" : "no")) },
    // Where all are estimates, the caption has said so.
    ...(precisions.some(({ source }) => source === "measured") ? [{ title: "source", cells: precisions.map(({ source }) => source) }] : []),
  ];
  const caption = `${printableLine(probed.models)}, texts of ${formatCount(probed.tokens)} tokens; estimated: from a few layers with random weights`;
  return chalk.dim(paragraph(caption, terminal)) + table({ title: "", cells: precisions.map(wayOf) }, columns, terminal);
}

/** "for qwen3-0.6b: int8 on cpu (about 28 tokens/s, 1.6 GB)": how to run a model, and no advice to change to it. */
function recommendationText({ recommendation: { models, precision, reason } }: BenchmarkReport): string {
  return printableLine(precision === null ? reason : `for ${models}: ${reason}`);
}

/** "for interactive search (50 candidates of 256 tokens within 10 s): mini (4.3 s); not qwen3-0.6b (about 1 min 11 s)". */
function interactiveText({ interactive: { models, withinMs, tokens }, candidateCount }: BenchmarkReport): string {
  const hasTwins = new Set(models.map((each) => each.models)).size < models.length;
  const told = (suits: boolean): string[] =>
    models
      .filter(({ isInteractive }) => isInteractive === suits)
      .map((each) => {
        const name = printableLine(hasTwins ? `${each.models} in ${each.precision} on ${each.device}` : each.models);
        return `${name} (${each.source === "estimated" ? "about " : ""}${formatDuration(each.searchMs)})`;
      });
  const [fast, slow] = [told(true), told(false)];
  const not = slow.length === 0 ? [] : [`not ${slow.join(", nor ")}`];
  const remedy = fast.length === 0 ? ["fewer candidates take less: rerank tune"] : [];
  const head = `for interactive search (${formatCount(candidateCount)} candidates of ${formatCount(tokens)} tokens within ${withinMs / 1000} s)`;
  return `${head}: ${[...(fast.length === 0 ? [] : [fast.join(" or ")]), ...not, ...remedy].join("; ")}`;
}

/** How the recommendation is taken up. */
function settingsLine({ recommendation: { models, precision, device } }: BenchmarkReport): string {
  return [`--models ${printableLine(models)}`, ...(precision === null ? [] : [`--precision ${precision}`]), ...(device === null ? [] : [`--device ${device}`])].join(" ");
}

function wayOf({ precision, device }: Pick<PrecisionFigures, "precision" | "device">): string {
  return `${precision} on ${device}`;
}

function rangeOf({ low, high }: Spread): string {
  return `${formatCount(low)}-${formatCount(high)}`;
}

/** Below 10 ms the tenths matter. */
function formatMs(ms: number): string {
  return ms < 9.95 ? ms.toFixed(1) : formatCount(ms);
}

function paragraph(text: string, { columns }: Terminal): string {
  return wrapLines(text, columns).map(({ start, end }) => `${text.slice(start, end)}\n`).join("");
}
