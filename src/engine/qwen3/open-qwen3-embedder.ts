import type { Qwen3Spec } from "../../domain/model-spec.ts";
import { assertFinite } from "../../domain/ranking.ts";
import { poolVector } from "../encoder/pooling.ts";
import type { EngineOptions, LoadedEmbedder } from "../loaded-models.ts";
import { openDecoderSession } from "./decoder-session.ts";
import { embeddingPrompt } from "./prompt.ts";
import { openQwen3Tokenizer } from "./qwen3-tokenizer.ts";
import { testOnce } from "./self-test.ts";

/** Loads a compiled embedder. Rejects with UserError when its graph is damaged or fails its self-test. */
export async function openQwen3Embedder(spec: Qwen3Spec, { threads, device = "cpu" }: EngineOptions = {}): Promise<LoadedEmbedder> {
  const tokenizer = await openQwen3Tokenizer(spec.folder);
  const session = await openDecoderSession({ graphPath: spec.graphPath, role: "embedder", device, ...(threads !== undefined && { threads }) });
  await testOnce(spec, tokenizer, session, device);
  return {
    async embed(text, { use, instruction, textNumber }) {
      const { ids, truncated } = embeddingPrompt(tokenizer, text, { use, instruction, maxTokens: spec.maxTokens });
      const output = await session.run(ids, session.empty);
      // The Matryoshka size comes first, the unit length after it.
      const vector = poolVector(output, spec.dimensions, "none");
      for (const value of vector) assertFinite(value, `the vector of text ${textNumber} by ${spec.id}`);
      return { vector, truncated, tokens: ids.length };
    },
    countTokens: (text) => tokenizer.count(text),
    decodeTokens: (ids) => tokenizer.decode(ids),
  };
}
