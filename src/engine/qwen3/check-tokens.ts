import { UserError } from "../../domain/errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { refuseNonFinite } from "./layer-weights.ts";

/** Throws UserError where the model cannot read these texts: they are longer than its context, or a token's row is missing, NaN or infinite. */
export function checkTokens({ shape, tensor }: Pick<Checkpoint, "shape" | "tensor">, texts: readonly Int32Array[]): void {
  const embedding = tensor("embed_tokens.weight");
  const longest = Math.max(...texts.map((ids) => ids.length));
  if (longest > shape.contextTokens) {
    throw new UserError(`the model reads ${shape.contextTokens} tokens, and its prompt with a short text has ${longest}`, {
      hint: "config.json's max_position_embeddings is too small for a Qwen3 model: bring the file again",
    });
  }
  for (const id of new Set(texts.flatMap((ids) => [...ids]))) {
    if (id >= shape.vocabulary) {
      throw new UserError(`the tokenizer gives token ${id}, but the model knows only ${shape.vocabulary}`, {
        hint: "bring tokenizer.json and the safetensors again, both of the same revision",
      });
    }
    refuseNonFinite(embedding.readFloat32(id, 1), "embed_tokens.weight", id * shape.hidden);
  }
}
