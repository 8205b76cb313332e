import { tmpdir } from "node:os";
import { createExactIndex } from "../../adapters/exact-index.ts";
import { createHnswIndex } from "../../adapters/hnsw-index.ts";
import type { ModelSpec } from "../../domain/model-spec.ts";
import { chooseDevice } from "../../engine/choose-device.ts";
import { startInference } from "../../inference/inference-client.ts";
import type { BenchmarkedModel } from "../../pipeline/benchmark-report.ts";
import { runBenchmark, type TimeBoxes } from "../../pipeline/benchmark.ts";
import { benchJson, benchText, busyLine } from "../../reporters/bench-report.ts";
import { createCompileProgress } from "../../reporters/compile-progress.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import { describeMachine } from "../bench-machine.ts";
import { createPrecisionProbe, probedWays } from "../bench-probe.ts";
import { benchDocuments } from "../bench-texts.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openLocator } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { inferenceSettings, locateEmbedder, locateReranker, modelNames, usualModelNotice } from "../locate-models.ts";
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
export async function runBench(flags: Flags & { readonly json?: boolean }, context: CommandContext, { timeBoxes, vectors = VECTORS, queries = QUERIES }: BenchSize = {}): Promise<number> {
  const { settings, hub, isSet } = await loadSettings(context, "bench", flags);
  const { output, signal, cwd, environment: env } = context;
  const machine = describeMachine(settings.threads);
  const talk = describeTerminal({ stream: process.stderr, env, colorSetting: settings.color });
  const progress = createCompileProgress({ stream: process.stderr, terminal: talk, verb: "measuring" });
  // Models are started twice, and have the same to say.
  const said = new Set<string>();
  const onNotice = (line: string): void => {
    if (said.has(line)) return;
    said.add(line);
    progress.stop();
    output.notice(`rerank: ${line}`);
  };

  const locator = openLocator(hub, cwd, { settings, talk: { onNotice, signal, openProgress: compileProgressOf(context) } });
  const names = await modelNames(locator, settings, undefined);
  if (!isSet("models") && !isSet("embedder") && !isSet("reranker")) onNotice(usualModelNotice(await locator.usualPair(), "pair"));
  const embedder = await locateEmbedder(locator, names.embedder, { embedTokens: settings.embedTokens });
  const reranker = await locateReranker(locator, names.reranker, settings);
  const models = { embedder: await benchmarked(embedder), reranker: await benchmarked(reranker) };
  const ways = await probedWays(settings);
  if (machine.isBusy) onNotice(busyLine(machine));

  async function benchmarked(spec: ModelSpec): Promise<BenchmarkedModel> {
    const { id, revision, precision, fingerprint } = spec;
    return { id, revision, precision, fingerprint, device: (await chooseDevice(settings.device, spec)).device };
  }

  try {
    const report = await runBenchmark(
      {
        startModels: () => startInference({ embedder, reranker, ...inferenceSettings(settings), onNotice }),
        // Nothing is written: the index is never saved.
        createHnsw: (dimensions) => createHnswIndex({ folder: tmpdir(), dimensions, fingerprint: "bench" }),
        createExact: createExactIndex,
        probe: createPrecisionProbe(embedder, settings),
        ownMemoryBytes: () => process.memoryUsage.rss(),
      },
      {
        machine,
        models,
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
    progress.stop();
    const terminal = describeTerminal({ stream: process.stdout, env, colorSetting: settings.color });
    await output.write(flags.json ? benchJson(report) : benchText(report, terminal));
    return 0;
  } finally {
    progress.stop();
  }
}
