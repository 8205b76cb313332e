import type { Dialect } from "../dialect.ts";
import { dashscopeCompatibleDialect, dashscopeDialect } from "./dashscope.ts";
import { scoreDialect } from "./score.ts";
import { createSupersetDialect, type RerankShape } from "./superset.ts";
import { voyageDialect } from "./voyage.ts";

export interface RerankDialectOptions {
  readonly rerankShape: RerankShape;
}

/** Every way in which clients ask for documents to be ranked or scored. */
export function rerankDialects({ rerankShape }: RerankDialectOptions): Dialect[] {
  return [createSupersetDialect({ rerankShape }), scoreDialect, dashscopeDialect, dashscopeCompatibleDialect, voyageDialect];
}
