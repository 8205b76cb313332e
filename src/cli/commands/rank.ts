import { UserError } from "../../domain/errors.ts";
import { DEFAULT_CHUNKING } from "../../pipeline/index-manifest.ts";
import { rank, type RankOptions } from "../../pipeline/rank.ts";
import type { Settings } from "../../config/settings-table.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openLocator } from "../compose.ts";
import { fileLine } from "../../reporters/file-line.ts";
import type { CommandContext } from "../context.ts";
import { inputLines } from "../input-lines.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { startSettings, locateEmbedder, locateReranker, modelNames, usualModelNotice } from "../locate-models.ts";
import { checkQuery } from "../query-input.ts";
import { readRankFiles, readRankLines } from "../rank-input.ts";
import { createCostReader } from "../remote-costs.ts";
import { modelsOfServer } from "../running-server.ts";
import { chooseFormat, createResultWriter, hasFormat, type FormatFlags } from "../result-writer.ts";
import { startModels } from "../start-models.ts";

export interface RankFlags extends Flags, FormatFlags {
  readonly fromPaths?: boolean;
  readonly field?: string;
  readonly lines?: boolean;
}

/** `rerank rank`: the second stage for passages that another tool has found. Resolves to the exit code. */
export async function runRank([query = "", ...files]: readonly string[], flags: RankFlags, context: CommandContext): Promise<number> {
  const { settings, hub, isSet } = await loadSettings(context, "rank", flags);
  checkQuery(query, "rank");
  const format = chooseFormat(flags, false);
  if (files.length === 0 && context.stdin.isTTY) {
    throw new UserError("there is nothing to rank", { hint: "pipe lines in, or name files: rerank rank QUERY FILE..." });
  }
  if (flags.lines === true && hasFormat(flags)) {
    throw new UserError("--lines gives the input back as it is: no other format goes with it", { hint: "leave one of them out" });
  }
  const isFiltering = flags.lines === true || (!hasFormat(flags) && !process.stdout.isTTY);
  const isReadingFiles = files.length > 0 || flags.fromPaths === true;
  const writer = createResultWriter({ format, flags, context, settings, baseFolder: context.cwd, manyQueries: false });
  const onNotice = (line: string): void => writer.notice(line);
  const locator = openLocator(hub, context.cwd, { settings, talk: { onNotice, signal: context.signal, openProgress: compileProgressOf(context) } });
  const names = await modelNames(locator, settings, undefined);
  const inference = startModels({
    reranker: await locateReranker(locator, names.reranker, settings),
    // Files are cut into passages by the embedder's tokenizer; lines need none.
    ...(isReadingFiles && { embedder: await locateEmbedder(locator, names.embedder, { embedTokens: settings.embedTokens }) }),
    ...startSettings(settings),
    ...modelsOfServer(settings, context.environment),
    onNotice,
  });
  const costs = createCostReader(inference);
  try {
    const inputs = isReadingFiles
      ? await readRankFiles(files.length > 0 ? files : await readPaths(context), {
          cwd: context.cwd,
          counter: inference.embedder,
          chunking: DEFAULT_CHUNKING,
          onSkipped: (path, detail) => writer.notice(`skipped ${fileLine(path, detail)}`),
        })
      : await readRankLines(context.stdin, flags.field, context.signal);
    // A filter that drops lines unasked would lose them quietly.
    const resultCount = isFiltering && !isSet("limit") ? Math.max(inputs.length, 1) : settings.limit;
    const result = await rank(query, inputs.map(({ passage }) => passage), inference.reranker, {
      ...rankOptions(settings, resultCount),
      // Many passages of one file are one answer: the file.
      perDocument: isReadingFiles,
      signal: context.signal,
      onEvent: (event) => writer.progress(event),
    });
    // JSON names its models, and so does the line below a terminal's results.
    const namesModels = format === "json" || (format === "text" && !isFiltering);
    const isChosen = settings.models !== undefined || settings.reranker !== undefined;
    if (!namesModels && !isChosen && inputs.length > 0) onNotice(usualModelNotice(names.reranker, "reranker"));
    if (!isFiltering) return await writer.write(flags.explain === true ? { ...result, notices: [...result.notices, ...costs.read()] } : result);
    const lines = result.results.map(({ recallRank }) => inputs[recallRank - 1]?.line ?? "");
    return await writer.writeText(result, lines.map((line) => `${line}\n`).join(""));
  } finally {
    writer.end();
    await inference.close();
  }
}

function rankOptions({ minRelevance, budget, instruct }: Settings, resultCount: number): RankOptions {
  return {
    resultCount,
    ...(minRelevance !== undefined && { minRelevance }),
    ...(budget !== undefined && { budgetMs: budget }),
    ...(instruct !== undefined && { instruction: instruct }),
  };
}

async function readPaths({ stdin, signal }: CommandContext): Promise<string[]> {
  const paths: string[] = [];
  for await (const line of inputLines(stdin, signal)) if (line !== "") paths.push(line);
  return paths;
}
