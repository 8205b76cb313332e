import type { FastifySchemaValidationError } from "fastify";
import { INPUTS_MISTAKE } from "./embedding-inputs.ts";

/**
 * What the routes of embeddings and models share: Ajv names each branch of a union that did not fit; one sentence says it better.
 */
export const EMBEDDING_ROUTE = {
  schemaErrorFormatter: wordMistake,
};

function wordMistake(errors: FastifySchemaValidationError[], place: string): Error {
  const [first] = errors;
  const path = `${place}${(first?.instancePath ?? "").replaceAll("/", ".")}`;
  if (/^body\.inputs?(\.|$)/.test(path) && errors.some(({ keyword, instancePath }) => keyword === "anyOf" && /^\/inputs?$/.test(instancePath))) {
    return new Error(`${path.split(".").slice(0, 2).join(".")} ${INPUTS_MISTAKE}`);
  }
  const allowed = first?.params["allowedValues"];
  return new Error(`${path} ${first?.message ?? "is not valid"}${Array.isArray(allowed) ? `: ${allowed.filter(Boolean).join(", ")}` : ""}`);
}
