import { Type, type Static } from "typebox";
import type { ModelSpec } from "../../domain/model-spec.ts";
import { estimateTokens } from "../../domain/estimate-tokens.ts";
import { checkTokenCount, type RequestLimits } from "../limits.ts";
import type { Caller, EmbedReply, EmbedRequest, ModelService } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";

const TOKEN_IDS = Type.Array(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }), { description: "Token ids of the model's own tokenizer, without special tokens" });

/** What OpenAI and text-embeddings-inference take: a text, token ids, or a list of either. */
export const EMBEDDING_INPUTS = Type.Union([Type.String(), Type.Array(Type.Union([Type.String(), TOKEN_IDS])), TOKEN_IDS]);

export const INPUTS_MISTAKE = "must be a string, an array of strings, an array of token ids, or an array of arrays of token ids";

export type EmbeddingInputs = EmbedRequest["inputs"];

/** @param value that has the schema: an array of numbers is one text. */
export function readInputs(value: Static<typeof EMBEDDING_INPUTS>): EmbeddingInputs {
  if (typeof value === "string") return [value];
  return typeof value[0] === "number" ? [value as number[]] : (value as (string | number[])[]);
}

/** What the client calls an input, by its position: "input[3]". */
export type InputNames = (position: number) => string;

/** @throws ServiceError `invalid` for an empty text, `too-many`. */
export function checkInputs(inputs: EmbeddingInputs, limits: RequestLimits, nameOf: InputNames): void {
  const empty = inputs.findIndex((input) => input.length === 0);
  if (empty >= 0) throw new ServiceError("invalid", `${nameOf(empty)} is empty`, { param: nameOf(empty) });
  const tokens = inputs.reduce((sum, input) => sum + (typeof input === "string" ? estimateTokens(input) : input.length), 0);
  // "input" of "input[0]".
  checkTokenCount(tokens, limits, nameOf(0).replace(/\[0\]$/, ""));
}

/**
 * For clients that want no text cut: turns away what the model's counter finds too long, before the model works on it.
 * Its prefix and special tokens are not counted here; `refuseTruncated` sees the rest.
 *
 * @throws ServiceError `invalid`.
 */
export async function refuseTooLong(inputs: EmbeddingInputs, spec: ModelSpec, models: ModelService, caller: Caller, nameOf: InputNames): Promise<void> {
  const suspects = [...inputs.entries()].filter(([, { length }]) => length > spec.maxTokens);
  const texts = suspects.flatMap(([, input]) => (typeof input === "string" ? [input] : []));
  const counts = texts.length === 0 ? [] : await models.countTokens(texts, spec, caller);
  let counted = 0;
  for (const [position, input] of suspects) {
    const tokens = typeof input === "string" ? counts[counted++] : input.length;
    if (tokens !== undefined && tokens > spec.maxTokens) throw tooLong(nameOf(position), spec);
  }
}

/** @throws ServiceError `invalid`. */
export function refuseTruncated({ embeddings, spec }: Pick<EmbedReply, "embeddings" | "spec">, nameOf: InputNames): void {
  const position = embeddings.findIndex(({ truncated }) => truncated);
  if (position >= 0) throw tooLong(nameOf(position), spec);
}

function tooLong(name: string, { maxTokens }: ModelSpec): ServiceError {
  return new ServiceError("invalid", `${name} has more tokens than the ${maxTokens} that the model reads, and was not to be truncated`, { param: name });
}
