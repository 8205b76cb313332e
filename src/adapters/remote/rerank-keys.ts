import { createHash, type Hash } from "node:crypto";
import type { RerankDialectName, TemplateSide } from "../../domain/remote-model.ts";
import type { ScoreScale } from "./score-scale.ts";

/** All that decides a judgment, beside the document. */
export interface RelevanceScope {
  readonly dialect: RerankDialectName;
  /** Where the server has one model and no name for it, the server's address. */
  readonly model: string;
  readonly template: TemplateSide;
  /** `undefined`: none, or none that the model gets to read. */
  readonly instruction: string | undefined;
  readonly query: string;
}

/** @returns the key of a document as it is sent, 64 hexadecimal digits. */
export function relevanceKeys({ dialect, model, template, instruction, query }: RelevanceScope): (document: string, truncated: boolean, scale: ScoreScale) => string {
  const shared = createHash("sha256");
  for (const part of ["remote", dialect, model, template, instruction, query]) add(shared, part);
  return (document, truncated, scale) => add(add(add(shared.copy(), scale), truncated ? "cut" : "whole"), document).digest("hex");
}

/** The length in front tells where a part ends, so that no two lists of parts read the same. */
function add(hash: Hash, part: string | undefined): Hash {
  if (part === undefined) return hash.update("absent:");
  return hash.update(`${part.length}:`).update(part, "utf16le");
}
