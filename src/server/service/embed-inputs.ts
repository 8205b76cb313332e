import { ModelLoadFailed, ModelProcessDied, UserError } from "../../domain/errors.ts";
import type { ModelSpec } from "../../domain/model-spec.ts";
import { untilAborted } from "../../pipeline/until-aborted.ts";
import type { EmbedOptions, Embedder, Embedding } from "../../ports/embedder.ts";
import { estimateTokens } from "../../domain/estimate-tokens.ts";
import type { EmbedReply, EmbedRequest } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";
import { checkFinite } from "./failures.ts";

type EmbedInput = EmbedRequest["inputs"][number];

/** The inputs of one request on their way to vectors. */
export class InputEmbedding {
  readonly #spec: ModelSpec;
  readonly #request: EmbedRequest;
  readonly #embeddings: (Embedding | undefined)[] = [];
  #done = 0;
  /** Estimated tokens of each input. */
  readonly costs: readonly number[];
  /** A search waits for its query's vector. */
  readonly isUrgent: boolean;

  constructor(spec: ModelSpec, request: EmbedRequest) {
    this.#spec = spec;
    this.#request = request;
    this.costs = request.inputs.map((input) => Math.max(1, Math.min(spec.maxTokens, estimateInput(input))));
    this.isUrgent = request.use === "query";
  }

  async run(embedder: Embedder, start: number, end: number, signal: AbortSignal, onSign: () => void = () => {}): Promise<void> {
    // Decoding cannot be stopped, and takes a moment unless the process hangs.
    const texts = await untilAborted(readTexts(this.#request.inputs.slice(start, end), embedder), signal);
    const embeddings = await this.#embed(embedder, texts, { signal, onProgress: onSign });
    for (const [place, embedding] of embeddings.entries()) {
      const strange = embedding.vector.find((value) => !Number.isFinite(value));
      checkFinite(strange ?? 0, this.#spec, "a value of a vector");
      this.#embeddings[start + place] = embedding;
    }
    this.#done += embeddings.length;
    this.#request.onProgress?.(this.#done);
  }

  /** To be called when all inputs have run. */
  reply(): Pick<EmbedReply, "embeddings" | "inputTokens"> {
    let inputTokens = 0;
    const embeddings = this.#request.inputs.map((input, position) => {
      const embedding = this.#embeddings[position];
      if (embedding === undefined) throw new Error(`${this.#spec.id} has not embedded input ${position + 1}`);
      inputTokens += embedding.tokens ?? estimateInput(input);
      return embedding;
    });
    return { embeddings, inputTokens };
  }

  #embed(embedder: Embedder, texts: readonly string[], options: EmbedOptions): Promise<Embedding[]> {
    const { use, instruction } = this.#request;
    if (use === "passage") return embedder.embedPassages(texts, options);
    return Promise.all(texts.map((text) => embedder.embedQuery(text, { ...options, ...(instruction !== undefined && { instruction }) })));
  }
}

function estimateInput(input: EmbedInput): number {
  return typeof input === "string" ? estimateTokens(input) : input.length;
}

/** Token ids become the texts that they stand for: a model's prefix and special tokens are added to texts. */
async function readTexts(inputs: readonly EmbedInput[], embedder: Embedder): Promise<string[]> {
  const ids = inputs.filter((input) => typeof input !== "string");
  if (ids.length === 0) return inputs.filter((input) => typeof input === "string");
  const decoded = await decode(ids, embedder);
  let next = 0;
  return inputs.map((input) => (typeof input === "string" ? input : (decoded[next++] ?? "")));
}

async function decode(ids: readonly (readonly number[])[], embedder: Embedder): Promise<string[]> {
  if (embedder.decodeTokens === undefined) throw new ServiceError("invalid", `${embedder.spec.id} takes texts, not token ids`, { param: "input" });
  try {
    return await embedder.decodeTokens(ids);
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof ModelProcessDied || error instanceof ModelLoadFailed) throw error;
    throw new ServiceError("invalid", error.message, { param: "input", cause: error });
  }
}
