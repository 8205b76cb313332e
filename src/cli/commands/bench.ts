import { tmpdir } from "node:os";
import { createExactIndex } from "../../adapters/exact-index.ts";
import { createHnswIndex } from "../../adapters/hnsw-index.ts";
import type { Settings } from "../../config/settings-table.ts";
import type { LocalSpec } from "../../domain/model-spec.ts";
import { chooseDevice } from "../../engine/choose-device.ts";
import { startInference } from "../../inference/inference-client.ts";
import type { BenchmarkedModel, BenchmarkMachine, BenchmarkReport } from "../../pipeline/benchmark-report.ts";
import { runBenchmark, type TimeBoxes } from "../../pipeline/benchmark.ts";
import { createBenchProgress } from "../../reporters/bench-progress.ts";
import { benchJson, benchText, busyLine } from "../../reporters/bench-report.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import { describeMachine } from "../bench-machine.ts";
import { createPrecisionProbe, probedWays } from "../bench-probe.ts";
import { benchDocuments } from "../bench-texts.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openLocator } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { inferenceSettings, locateEmbedder, locateReranker, modelNames, requireLocal, requireLocalName, usualModelNotice } from "../locate-models.ts";
import { loadSettings, type Flags } from "../load-settings.ts";

const QUERY = "how do I remove limescale from a kettle?";
const CANDIDATES = 50;
const VECTORS = 10_000;
const QUERIES = 200;

/** How much is measured: less of it in tests. */
export interface BenchSize {
  readonly timeBoxes?: TimeBoxes;
  readonly vectors?: number;
  readonly queries?: number;
}

/** `rerank bench`: measures models, HNSW and precisions on this machine. Resolves to the exit code. */
export async function runBench(flags: Flags & { readonly json?: boolean }, context: CommandContext, size: BenchSize = {}): Promise<number> {
  const { settings, hub, isSet } = await loadSettings(context, "bench", flags);
  const { output, signal, cwd, environment: env } = context;
  const machine = describeMachine(settings.threads);
  const onNotice = (line: string): void => output.notice(`rerank: ${line}`);
  const locator = openLocator(hub, cwd, { settings, talk: { onNotice, signal, openProgress: compileProgressOf(context) } });
  // Servers that a file names are left alone: this machine is measured.
  const names = await modelNames(locator, { ...settings, rerankUrl: undefined, embedUrl: undefined }, undefined);
  for (const name of [names.embedder, names.reranker]) requireLocalName(name);
  const pair = settings.models ?? (await locator.usualPair());
  const namesHalf = isSet("embedder") || isSet("reranker");
  if (!isSet("models") && !namesHalf) onNotice(usualModelNotice(pair, "pair"));
  const embedder = requireLocal(await locateEmbedder(locator, names.embedder, { embedTokens: settings.embedTokens }));
  const reranker = requireLocal(await locateReranker(locator, names.reranker, settings));
  const chosen = { embedder, reranker, name: namesHalf ? `${names.embedder}+${names.reranker}` : pair };
  if (machine.isBusy) onNotice(busyLine(machine));

  const report = await measure(chosen, machine, settings, context, size);
  const terminal = describeTerminal({ stream: process.stdout, env, colorSetting: settings.color });
  await output.write(flags.json ? benchJson(report) : benchText(report, terminal));
  return 0;
}

interface ChosenModels {
  readonly embedder: LocalSpec;
  readonly reranker: LocalSpec;
  /** As `--models` takes them. */
  readonly name: string;
}

/** Measures with a line of progress on stderr. */
async function measure(
  { embedder, reranker, name }: ChosenModels,
  machine: BenchmarkMachine,
  settings: Settings,
  { environment: env, signal }: CommandContext,
  { timeBoxes, vectors = VECTORS, queries = QUERIES }: BenchSize,
): Promise<BenchmarkReport> {
  const benchmarked = async (spec: LocalSpec): Promise<BenchmarkedModel> => {
    const { id, revision, precision, fingerprint } = spec;
    return { id, revision, precision, fingerprint, device: (await chooseDevice(settings.device, spec)).device };
  };
  const models = { embedder: await benchmarked(embedder), reranker: await benchmarked(reranker) };
  const ways = await probedWays(settings);
  const talk = describeTerminal({ stream: process.stderr, env, colorSetting: settings.color });
  const progress = createBenchProgress({ stream: process.stderr, terminal: talk });
  // Models are started twice, and have the same to say.
  const said = new Set<string>();
  const onNotice = (line: string): void => {
    if (!said.has(line)) progress.notice(`rerank: ${line}`);
    said.add(line);
  };
  try {
    return await runBenchmark(
      {
        startModels: () => startInference({ embedder, reranker, ...inferenceSettings(settings), onNotice }),
        // Nothing is written: the index is never saved.
        createHnsw: (dimensions) => createHnswIndex({ folder: tmpdir(), dimensions, fingerprint: "bench" }),
        createExact: createExactIndex,
        probe: createPrecisionProbe(embedder, name, settings),
        ownMemoryBytes: () => process.memoryUsage.rss(),
      },
      {
        machine,
        models,
        name,
        documents: benchDocuments(),
        query: QUERY,
        candidateCount: CANDIDATES,
        vectors,
        queries,
        ways,
        probesEmbedder: embedder.family === "qwen3",
        signal,
        onProgress: (state) => progress.update(state),
        ...(timeBoxes && { timeBoxes }),
      },
    );
  } finally {
    progress.stop();
  }
}
