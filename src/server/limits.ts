import { estimateTokens } from "../domain/estimate-tokens.ts";
import { ServiceError } from "./service-error.ts";

/** What one request may ask for. */
export interface RequestLimits {
  readonly maxDocuments: number;
  /** Estimated: see `estimateTokens`. */
  readonly maxRequestTokens: number;
  readonly maxBodyBytes: number;
  readonly deadlineMs: number;
}

/** @throws ServiceError `too-many`. */
export function checkDocumentCount(count: number, { maxDocuments }: Pick<RequestLimits, "maxDocuments">, param: string): void {
  if (count <= maxDocuments) return;
  throw new ServiceError("too-many", `${param} has ${count} entries; a request may have ${maxDocuments}`, { param });
}

/**
 * @param query read again with each text; "" where there is none.
 * @throws ServiceError `too-many`.
 */
export function checkRequestTokens(query: string, texts: readonly string[], { maxRequestTokens }: Pick<RequestLimits, "maxRequestTokens">, param: string): void {
  const queryTokens = estimateTokens(query);
  let tokens = 0;
  for (const text of texts) tokens += queryTokens + estimateTokens(text);
  checkTokenCount(tokens, { maxRequestTokens }, param);
}

/**
 * @param tokens of the whole request, estimated or counted.
 * @throws ServiceError `too-many`.
 */
export function checkTokenCount(tokens: number, { maxRequestTokens }: Pick<RequestLimits, "maxRequestTokens">, param: string): void {
  if (tokens <= maxRequestTokens) return;
  throw new ServiceError("too-many", `the request has about ${tokens} tokens; it may have ${maxRequestTokens}`, { param });
}
