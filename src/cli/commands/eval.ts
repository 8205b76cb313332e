import { existsSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { extname, relative, resolve, sep } from "node:path";
import { openBeirFolder } from "../../adapters/datasets/beir-folder.ts";
import { OWN_QUERY_EXTENSIONS } from "../../adapters/datasets/own-query-file.ts";
import { readOwnQueries } from "../../adapters/datasets/own-queries.ts";
import { requireIndexHome } from "../../adapters/index-home.ts";
import type { Settings } from "../../config/settings-table.ts";
import { compareAnswers } from "../../domain/compare-answers.ts";
import { UserError } from "../../domain/errors.ts";
import { drawQueries, type JudgedQuery } from "../../domain/evaluation.ts";
import type { Comparison, Evaluation } from "../../pipeline/evaluation.ts";
import type { Dataset } from "../../ports/dataset.ts";
import { comparisonJson, evaluationJson } from "../../reporters/evaluation-json.ts";
import { comparisonMarkdown } from "../../reporters/comparison-markdown.ts";
import { comparisonText } from "../../reporters/comparison-text.ts";
import { evaluationMarkdown } from "../../reporters/evaluation-markdown.ts";
import { evaluationText } from "../../reporters/evaluation-text.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import { trecRunLines } from "../../reporters/trec-run.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openForReading } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { evalOptions, type EvalOptions } from "../eval-options.ts";
import { createEvalTalk } from "../eval-talk.ts";
import { parseVariants, type EvalVariant } from "../eval-variants.ts";
import { evaluateRuns } from "../evaluate-runs.ts";
import { evaluateVariant } from "../evaluate-variant.ts";
import { optionOf } from "../integer-flag.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { packageVersion } from "../package-version.ts";

/** What still has a meaning where nothing is asked: files of answers are only measured. */
const RUN_FLAGS = ["qrels", "queries", "seed", "top", "html", "json", "markdown", "color"];

/** `rerank eval`: measures both stages on judged queries, or run files of any tool. Resolves to the exit code. */
export async function runEval(args: readonly string[], flags: Flags, context: CommandContext): Promise<number> {
  const { settings } = await loadSettings(context, "eval", flags);
  const options = evalOptions(flags, context.cwd);
  const inputs = args.map((arg) => resolve(context.cwd, arg));
  requireOwnPlaces([options.runFile, options.htmlFile], [...inputs, ...(options.qrelsFile === undefined ? [] : [resolve(context.cwd, options.qrelsFile)])]);
  const evaluations = areRuns(args, inputs)
    ? [await evaluateRuns(args, requireQrels(options, flags), options, context.cwd)]
    : await evaluateDataset(requireOne(args, inputs), settings, flags, options, context);
  await report(evaluations, settings, options, context);
  return 0;
}

/** What a dataset's folder holds. */
const DATASET_PARTS = ["corpus.jsonl", "queries.jsonl", "qrels", "docs"];

/** Throws UserError where a file to be written is one that is read, or is to be written twice. */
function requireOwnPlaces(outputs: readonly (string | undefined)[], inputs: readonly string[]): void {
  const files = outputs.filter((file) => file !== undefined).map(realPath);
  for (const [place, file] of files.entries()) {
    const isRead = inputs.map(realPath).some((input) => file === input || DATASET_PARTS.includes(relative(input, file).split(sep)[0] ?? ""));
    if (isRead || files.indexOf(file) !== place) {
      throw new UserError(isRead ? `${file} is part of what is measured, and would be overwritten` : `${file} cannot hold both the run and the report`, { hint: "name another file" });
    }
  }
}

function realPath(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}

function areRuns(args: readonly string[], inputs: readonly string[]): boolean {
  const first = inputs[0];
  if (first === undefined) {
    throw new UserError("no dataset was named", {
      hint: "name a BEIR folder, a file of queries, or run files; before --compare, which takes all that follows: rerank eval <dataset> --compare ...",
    });
  }
  const found = statSync(first, { throwIfNoEntry: false });
  if (found === undefined) throw new UserError(`${args[0]} does not exist`, { hint: "name a BEIR folder, a YAML or JSONL file of queries, or TREC run files" });
  return !(found.isDirectory() || OWN_QUERY_EXTENSIONS.includes(extname(first).toLowerCase()));
}

/** Throws UserError also for flags that would have to do with asking. */
function requireQrels({ qrelsFile }: EvalOptions, flags: Flags): string {
  const idle = Object.keys(flags).find((name) => !RUN_FLAGS.includes(name));
  if (idle !== undefined) {
    throw new UserError(`run files are measured as they are: ${optionOf(idle)} would have no effect`, { hint: "leave it out; runs are compared by naming them all" });
  }
  if (qrelsFile !== undefined) return qrelsFile;
  throw new UserError("run files need judgments", { hint: "add them: rerank eval <run-file...> --qrels qrels.txt" });
}

function requireOne(args: readonly string[], inputs: readonly string[]): string {
  if (inputs.length > 1) throw new UserError(`one dataset at a time: ${args.join(", ")}`, { hint: "run `rerank eval` once for each" });
  return inputs[0]!;
}

async function evaluateDataset(input: string, settings: Settings, flags: Flags, options: EvalOptions, context: CommandContext): Promise<Evaluation[]> {
  const dataset = await openDataset(input, settings, options, context);
  const queries = options.queryCount === undefined ? dataset.queries : drawQueries(dataset.queries, options.queryCount, options.seed);
  const variants: readonly Partial<EvalVariant>[] = options.compare.length === 0 ? [{}] : parseVariants(options.compare);
  // Every variant is read before the first one is asked: a mistake in the last must not cost the time of the others.
  const chosen = [];
  for (const variant of variants) chosen.push({ variant, ...(await variantSettings(variant, flags, context)) });
  const talk = createEvalTalk(context, settings.color);
  const evaluations: Evaluation[] = [];
  const labels = new Map<string, string>();
  try {
    for (const { variant, ...resolved } of chosen) {
      const { evaluation, answersFile } = await evaluateVariant({
        label: variant.label,
        ...resolved,
        context,
        dataset,
        queries,
        asked: options,
        onNotice: (line) => talk.notice(line),
        openProgress: compileProgressOf(context),
        showIndexing: () => talk.showIndexing(),
        onEvent: (event) => talk.onEvent(event),
      });
      const same = labels.get(answersFile);
      if (same !== undefined) talk.notice(`"${evaluation.label}" comes to the same models and settings as "${same}"`);
      labels.set(answersFile, evaluation.label);
      evaluations.push(evaluation);
    }
  } catch (error) {
    talk.end();
    if (context.signal.aborted && talk.answered > 0) talk.notice(`stopped; ${goesOn(talk.answered, queries, variants.length)}`);
    throw error;
  } finally {
    talk.end();
  }
  return evaluations;
}

function goesOn(answered: number, queries: readonly JudgedQuery[], variantCount: number): string {
  return `${answered} of ${queries.length * variantCount} queries were answered in this run, and the same command goes on from there`;
}

async function openDataset(input: string, settings: Settings, { qrelsFile }: EvalOptions, { cwd, signal }: CommandContext): Promise<Dataset> {
  if (statSync(input).isDirectory()) return openBeirFolder(input, { ...(qrelsFile !== undefined && { qrelsFile }), signal });
  if (qrelsFile !== undefined) throw new UserError("a file of your own queries says itself what is expected", { hint: "leave --qrels out" });
  const home = requireIndexHome(cwd, settings.index);
  const { store } = openForReading(home);
  try {
    return await readOwnQueries(input, { paths: store.paths(), baseFolder: home.baseFolder });
  } finally {
    store.close();
  }
}

/** Models that a variant names take the place of both, whatever the settings say of one of them. */
async function variantSettings({ flags: ofVariant = {} }: Partial<EvalVariant>, flags: Flags, { cwd, environment }: CommandContext) {
  // Misspelt variables have been named already.
  const { settings, hub } = await loadSettings({ cwd, environment, output: { notice: () => {} } }, "eval", { ...flags, ...ofVariant });
  if (ofVariant.models === undefined) return { settings, hub };
  const own = (key: "embedder" | "reranker") => (ofVariant[key] === undefined ? undefined : settings[key]);
  return { settings: { ...settings, embedder: own("embedder"), reranker: own("reranker") }, hub };
}

async function report(evaluations: readonly Evaluation[], settings: Settings, options: EvalOptions, { environment: env, output }: CommandContext): Promise<void> {
  const [first, ...others] = evaluations;
  if (first === undefined) return;
  const differences = others.map((other) => compareAnswers(first, other, options.seed));
  const comparison: Comparison = { dataset: first.dataset, variants: evaluations, differences };
  const terminal = describeTerminal({ stream: process.stdout, env, colorSetting: settings.color });
  const isCompared = others.length > 0;
  const texts = {
    json: () => (isCompared ? comparisonJson(comparison) : evaluationJson(first)),
    markdown: () => (isCompared ? comparisonMarkdown(comparison) : evaluationMarkdown(first)),
    text: () => (isCompared ? comparisonText(comparison, terminal) : evaluationText(first, terminal)),
  };
  await output.write(texts[options.format]());
  if (options.htmlFile !== undefined) {
    // Charts come with a library that no other command needs.
    const { evaluationHtml } = await import("../../reporters/html/evaluation-html.ts");
    const html = await evaluationHtml({ evaluations, differences, createdAt: new Date().toISOString(), version: packageVersion(), command: process.argv.slice(2) });
    keep(options.htmlFile, html, (line) => output.notice(line));
  }
  // Last: ids that have no place in a run file must not cost the rest.
  if (options.runFile !== undefined) keep(options.runFile, [...trecRunLines(first)].join(""), (line) => output.notice(line));
}

function keep(file: string, text: string, notice: (line: string) => void): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new UserError(`cannot write ${file}: ${(cause as Error).message}`, { hint: "free space or name another file; the answers are kept, and the same command is done at once", cause });
  }
  notice(`rerank: wrote ${file}`);
}
