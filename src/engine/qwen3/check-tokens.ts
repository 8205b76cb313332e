import { UserError } from "../../domain/errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { refuseNonFinite } from "./layer-weights.ts";

/** Throws UserError where the model has no row for a token of these texts, or one with NaN or infinity. */
export function checkTokens({ shape, tensor }: Pick<Checkpoint, "shape" | "tensor">, texts: readonly Int32Array[]): void {
  const embedding = tensor("embed_tokens.weight");
  for (const id of new Set(texts.flatMap((ids) => [...ids]))) {
    if (id >= shape.vocabulary) {
      throw new UserError(`the tokenizer gives token ${id}, but the model knows only ${shape.vocabulary}`, {
        hint: "bring tokenizer.json and the safetensors again, both of the same revision",
      });
    }
    refuseNonFinite(embedding.readFloat32(id, 1), "embed_tokens.weight", id * shape.hidden);
  }
}
