import type { Checkpoint } from "./checkpoint.ts";
import { type Activations, chooseFactors, type FactorChoice } from "./channel-factors.ts";
import { layerKinds, MATRIX_GROUPS, type MatrixGroup } from "./decoder-graph.ts";
import type { LayerOutput, LayerRunner, TextStream } from "./layer-runner.ts";
import { type LayerPlan, readFinite } from "./layer-weights.ts";
import type { ProductRunner } from "./product-runner.ts";

export type LayerChoices = ReadonlyMap<MatrixGroup, FactorChoice>;

/** What the exact model says, and how each of its layers is best rounded. */
export interface Reference {
  /** For each text, the last token's output after the final norm. */
  readonly outputs: readonly Float32Array[];
  /** For each layer; empty where nothing was to be rounded. */
  readonly choices: readonly LayerChoices[];
}

export interface MeasureOptions {
  readonly checkpoint: Checkpoint;
  readonly runner: LayerRunner;
  /** Token ids. */
  readonly texts: readonly Int32Array[];
  readonly onLayer: (layer: number) => void;
}

const EXACT: LayerPlan = { kinds: layerKinds(() => "fp32"), factors: {} };
/** Factors are tried on the first texts up to this many tokens: more of them change the choice hardly ever and cost a run each. */
const SEARCH_TOKENS = 320;

/** What factors are chosen for, and how they are tried out. */
export interface FactorSearch {
  readonly kind: "int8" | "int4";
  readonly products: ProductRunner;
}

/** Runs the texts through the exact model, a layer at a time; with `search`, the factors of every layer are chosen on the way. */
export async function measureReference({ checkpoint, runner, texts, onLayer }: MeasureOptions, search?: FactorSearch): Promise<Reference> {
  const searched = search === undefined ? 0 : searchTexts(texts);
  const choices: LayerChoices[] = [];
  const outputs = await runLayers({ checkpoint, runner, texts, onLayer }, async (layer, streams) => {
    const loaded = await runner.load(layer, EXACT);
    const trials: LayerOutput[] = [];
    const next: TextStream[] = [];
    for (const [place, before] of streams.entries()) {
      const after = await loaded.run(before);
      if (place < searched) trials.push(after);
      next.push({ values: after.values, tokens: after.tokens });
    }
    if (search !== undefined) choices.push(await chooseFactors(checkpoint, layer, search.products, search.kind, joined(trials)));
    return next;
  });
  return { outputs, choices };
}

/** Runs the texts through the model as `plans` round it. Returns what `Reference.outputs` holds. */
export async function measurePlans(options: MeasureOptions, plans: readonly LayerPlan[]): Promise<readonly Float32Array[]> {
  return runLayers(options, async (layer, streams) => {
    const loaded = await options.runner.load(layer, plans[layer] ?? EXACT);
    const next: TextStream[] = [];
    for (const before of streams) {
      const { values, tokens } = await loaded.run(before);
      next.push({ values, tokens });
    }
    return next;
  });
}

async function runLayers({ checkpoint, texts, onLayer }: MeasureOptions, step: (layer: number, streams: readonly TextStream[]) => Promise<TextStream[]>): Promise<Float32Array[]> {
  let streams = embeddedTexts(checkpoint, texts);
  for (let layer = 0; layer < checkpoint.shape.layers; layer++) {
    onLayer(layer);
    // The measuring is a long run of work on one thread: messages, such as that nobody waits any more, get their turn here.
    await new Promise((resolve) => setImmediate(resolve));
    streams = await step(layer, streams);
  }
  const norm = readFinite(checkpoint, "norm.weight");
  return streams.map((stream) => normalizedLast(stream, norm, checkpoint.shape.normEpsilon));
}

function embeddedTexts({ shape, tensor }: Checkpoint, texts: readonly Int32Array[]): TextStream[] {
  const embedding = tensor("embed_tokens.weight");
  const rows = new Map<number, Float32Array>();
  return texts.map((ids) => {
    const values = new Float32Array(ids.length * shape.hidden);
    for (const [position, id] of ids.entries()) {
      const row = rows.get(id) ?? embedding.readFloat32(id, 1);
      rows.set(id, row);
      values.set(row, position * shape.hidden);
    }
    return { values, tokens: ids.length };
  });
}

function normalizedLast({ values, tokens }: TextStream, norm: Float32Array, epsilon: number): Float32Array {
  const last = values.subarray((tokens - 1) * norm.length);
  const meanSquare = last.reduce((sum, value) => sum + value * value, 0) / norm.length;
  return last.map((value, channel) => (value / Math.sqrt(meanSquare + epsilon)) * (norm[channel] ?? 1));
}

function joined(texts: readonly LayerOutput[]): Activations {
  return new Map(
    MATRIX_GROUPS.map((group) => {
      const parts = texts.map(({ activations }) => activations.get(group) ?? new Float32Array());
      const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
      let place = 0;
      for (const part of parts) {
        values.set(part, place);
        place += part.length;
      }
      return [group, values];
    }),
  );
}

/** How many of the texts make up SEARCH_TOKENS. */
function searchTexts(texts: readonly Int32Array[]): number {
  let tokens = 0;
  const enough = texts.findIndex((ids) => (tokens += ids.length) >= SEARCH_TOKENS);
  return enough < 0 ? texts.length : enough + 1;
}
