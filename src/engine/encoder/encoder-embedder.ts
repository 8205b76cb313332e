import { UserError } from "../../domain/errors.ts";
import type { EncoderSpec } from "../../domain/model-spec.ts";
import { assertFinite } from "../../domain/ranking.ts";
import type { EngineOptions, LoadedEmbedder } from "../loaded-models.ts";
import { type EncoderOutput, openEncoderSession } from "./encoder-session.ts";
import { poolVector } from "./pooling.ts";
import { openTextTokenizer } from "./text-tokenizer.ts";

export async function openEncoderEmbedder(spec: EncoderSpec, options: EngineOptions = {}): Promise<LoadedEmbedder> {
  const tokenizer = await openTextTokenizer(spec.folder);
  const session = await openEncoderSession(spec, options);
  return {
    async embed(text, { use, textNumber }) {
      const prefix = use === "query" ? spec.queryPrefix : spec.passagePrefix;
      const encoding = tokenizer.encode({ prefix, text }, spec.maxTokens);
      const output = await session.run(encoding);
      checkShape(output, spec);
      const vector = poolVector(output.values, spec.dimensions, spec.pooling);
      for (const value of vector) assertFinite(value, `the vector of text ${textNumber} by ${spec.id}`);
      return { vector, truncated: encoding.truncated, tokens: encoding.ids.length };
    },

    countTokens(text) {
      return tokenizer.count(text);
    },

    decodeTokens(ids) {
      return tokenizer.decode(ids);
    },
  };
}

function checkShape({ shape }: EncoderOutput, spec: EncoderSpec): void {
  const rank = spec.pooling === "none" ? 2 : 3;
  if (shape.length === rank && shape.at(-1) === spec.dimensions) return;
  const expected = spec.pooling === "none" ? `[1, ${spec.dimensions}]` : `[1, tokens, ${spec.dimensions}]`;
  throw new UserError(`"${spec.output}" of ${spec.id} has the shape [${shape.join(", ")}], not ${expected}`, {
    hint: "correct dimensions, pooling or output in the model's card",
  });
}
