import { ServiceError } from "../service-error.ts";

/**
 * JSON of an answer. JSON.stringify writes NaN and infinities as null, which clients take for a score of 0 or fail on.
 *
 * @throws ServiceError `model-failed` for a number that is not finite.
 */
export function stringifyFinite(answer: unknown): string {
  assertFiniteNumbers(answer);
  return JSON.stringify(answer);
}

/** A walk before the writing is several times faster than a replacer, which is called for each entry of each vector. */
function assertFiniteNumbers(value: unknown): void {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new ServiceError("model-failed", "the model gave a value that is not a number");
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const entry of value) assertFiniteNumbers(entry);
    return;
  }
  for (const key in value) assertFiniteNumbers(value[key as keyof typeof value]);
}
