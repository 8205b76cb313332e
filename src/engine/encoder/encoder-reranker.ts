import type { Judgment } from "../../domain/candidate.ts";
import { UserError } from "../../domain/errors.ts";
import type { EncoderSpec } from "../../domain/model-spec.ts";
import { assertFinite, relevanceOf } from "../../domain/ranking.ts";
import { type EncoderOptions, type EncoderOutput, openEncoderSession } from "./encoder-session.ts";
import { openTextTokenizer } from "./text-tokenizer.ts";

/** A cross-encoder in this process: one pair a run, so that no score depends on a neighbour. */
export interface EncoderReranker {
  /**
   * @param textNumber from 1, for messages.
   * @throws UserError when the logit is not finite or the output has another shape than one or two labels.
   */
  judge(query: string, text: string, textNumber: number): Promise<EncoderJudgment>;
}

export interface EncoderJudgment extends Judgment {
  /** The query alone was longer than half of what the model reads, and its end was left out. */
  readonly queryTruncated: boolean;
}

export async function openEncoderReranker(spec: EncoderSpec, options: EncoderOptions = {}): Promise<EncoderReranker> {
  const tokenizer = await openTextTokenizer(spec.folder);
  const session = await openEncoderSession(spec, options);
  return {
    async judge(query, text, textNumber) {
      const encoding = tokenizer.encodePair(
        { prefix: spec.queryPrefix, text: query },
        { prefix: spec.passagePrefix, text },
        spec.maxTokens,
      );
      const logit = readLogit(await session.run(encoding), spec);
      assertFinite(logit, `the relevance of text ${textNumber} by ${spec.id}`);
      const { truncated, queryTruncated } = encoding;
      return { logit, relevance: relevanceOf(logit), truncated, queryTruncated };
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
