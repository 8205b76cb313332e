import type { ModelSpec } from "../../domain/model-spec.ts";
import { shortenVector } from "../../domain/shorten-vector.ts";
import type { EmbedReply } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";

/** As for `--dimensions`: below this, little of the ranking is left. */
const LEAST_DIMENSIONS = 32;

/**
 * @param wanted `undefined` and `null`: the model's own.
 * @returns how long the vectors will be.
 * @throws ServiceError `invalid` where the model has none of this length.
 */
export function chooseDimensions({ dimensions, family }: ModelSpec, wanted: number | null | undefined): number {
  if (wanted === undefined || wanted === null || wanted === dimensions) return dimensions;
  if (family !== "qwen3") {
    throw new ServiceError("invalid", `the model's vectors have ${dimensions} numbers, and were not trained to be cut: leave dimensions out, or ask a Qwen3 model`, { param: "dimensions" });
  }
  const least = Math.min(LEAST_DIMENSIONS, dimensions);
  if (wanted >= least && wanted < dimensions) return wanted;
  throw new ServiceError("invalid", `dimensions must be ${least} to ${dimensions} for this model`, { param: "dimensions" });
}

/** @throws ServiceError `model-failed` for a vector that is none. */
export function vectorsOf({ embeddings }: Pick<EmbedReply, "embeddings">, dimensions: number): Float32Array[] {
  return embeddings.map(({ vector }, position) => {
    const cut = shortenVector(vector, dimensions);
    if (cut.length === dimensions && cut.every(Number.isFinite)) return cut;
    throw new ServiceError("model-failed", `the model gave no vector for text ${position + 1}`);
  });
}

/** As OpenAI packs vectors: 32-bit floats, little-endian on every machine. */
export function packVector(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.byteLength);
  for (const [position, value] of vector.entries()) bytes.writeFloatLE(value, position * Float32Array.BYTES_PER_ELEMENT);
  return bytes.toString("base64");
}
