import { UserError } from "../../domain/errors.ts";
import type { Reranker } from "../../ports/reranker.ts";
import { ServiceError } from "../service-error.ts";

/**
 * A service's reranker that fails as one of one's own does, with UserError, so that a search knows when the first stage's order may stand
 * in for it. A full queue, a server that stops and a request that is not as it should be are no failures of the model: clients have to
 * hear of them, and when to ask again.
 *
 * @param onFailure told why, in words for whoever runs the server: no request fails whose log could say it.
 */
export function failingAsOwn(reranker: Reranker, onFailure: (why: string) => void): Reranker {
  return {
    spec: reranker.spec,
    async score(query, texts, options) {
      try {
        return await reranker.score(query, texts, options);
      } catch (error) {
        if (options?.signal?.aborted === true || !isModelsFailure(error)) throw error;
        onFailure(error.cause instanceof UserError ? error.cause.message : error.message);
        throw new UserError(error.message, { cause: error });
      }
    },
  };
}

function isModelsFailure(error: unknown): error is ServiceError {
  return error instanceof ServiceError && (error.kind === "model-failed" || error.cause instanceof UserError);
}
