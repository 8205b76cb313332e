import { createHash, type Hash } from "node:crypto";
import type { ModelSpec } from "../../domain/model-spec.ts";
import type { ScoreRequest } from "../model-service.ts";

/**
 * Keys under which the relevances of a request's texts are kept: a digest over all that decides them.
 *
 * @param scope settings that change judgments and are not in the model's fingerprint.
 * @returns the key of a text, 64 hexadecimal digits.
 */
export function relevanceKeys(
  { fingerprint, readsInstruction }: Pick<ModelSpec, "fingerprint" | "readsInstruction">,
  scope: string,
  { query, instruction, maxTextTokens }: Pick<ScoreRequest, "query" | "instruction" | "maxTextTokens">,
): (text: string) => string {
  const shared = createHash("sha256");
  const heard = readsInstruction ? instruction : undefined;
  for (const part of [fingerprint, scope, maxTextTokens?.toString(), heard, query]) add(shared, part);
  return (text) => add(shared.copy(), text).digest("hex");
}

/**
 * The length in front tells where a part ends, so that no two lists of parts read the same. UTF-16, as strings are: in UTF-8 all
 * halves of a character that lost the other one would become the same letter.
 */
function add(hash: Hash, part: string | undefined): Hash {
  if (part === undefined) return hash.update("absent:");
  return hash.update(`${part.length}:`).update(part, "utf16le");
}
