import { UserError } from "../../domain/errors.ts";
import type { EncoderSpec } from "../../domain/model-spec.ts";
import { assertFinite, relevanceOf } from "../../domain/ranking.ts";
import type { EngineOptions, LoadedReranker } from "../loaded-models.ts";
import { type EncoderOutput, openEncoderSession } from "./encoder-session.ts";
import { openTextTokenizer } from "./text-tokenizer.ts";

/**
 * A cross-encoder reads query and passage as one: nothing of a pair can be kept for the next. Beside NaN, `judge` throws
 * UserError for an output of another shape than one or two labels.
 */
export async function openEncoderReranker(spec: EncoderSpec, options: EngineOptions = {}): Promise<LoadedReranker> {
  const tokenizer = await openTextTokenizer(spec.folder);
  const session = await openEncoderSession(spec, options);
  return {
    async judge({ query, text, maxTextTokens, textNumber }) {
      const encoding = tokenizer.encodePair(
        { prefix: spec.queryPrefix, text: query },
        { prefix: spec.passagePrefix, text },
        spec.maxTokens,
        maxTextTokens,
      );
      const logit = readLogit(await session.run(encoding), spec);
      assertFinite(logit, `the relevance of text ${textNumber} by ${spec.id}`);
      const { ids, truncated, queryTruncated } = encoding;
      return { logit, relevance: relevanceOf(logit), truncated, queryTruncated, computedTokens: ids.length, savedTokens: 0 };
    },
  };
}

/** One label is the logit itself; of two, the first is "no" and the second "yes", as every trainer writes them. */
function readLogit({ values, shape }: EncoderOutput, spec: EncoderSpec): number {
  const [first, second] = values;
  if (values.length === 1 && first !== undefined) return first;
  if (values.length === 2 && first !== undefined && second !== undefined) return second - first;
  throw new UserError(`"${spec.output}" of ${spec.id} has the shape [${shape.join(", ")}], not [1, 1] or [1, 2]`, {
    hint: "choose a cross-encoder with one or two labels, or correct the output in the model's card",
  });
}
