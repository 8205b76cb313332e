import { ServiceError } from "../service-error.ts";

type Value = string | readonly string[];

const NAMES: Readonly<Record<string, { readonly member: string; readonly kind: "text" | "number" | "boolean" | "list" }>> = {
  q: { member: "query", kind: "text" },
  query: { member: "query", kind: "text" },
  limit: { member: "limit", kind: "number" },
  candidates: { member: "candidates", kind: "number" },
  rerank: { member: "rerank", kind: "boolean" },
  hybrid: { member: "hybrid", kind: "boolean" },
  path: { member: "paths", kind: "list" },
  paths: { member: "paths", kind: "list" },
  min_relevance: { member: "min_relevance", kind: "number" },
  instruction: { member: "instruction", kind: "text" },
  budget_ms: { member: "budget_ms", kind: "number" },
  per_document: { member: "per_document", kind: "boolean" },
  on_failure: { member: "on_failure", kind: "text" },
  model: { member: "model", kind: "text" },
  stream: { member: "stream", kind: "boolean" },
};
/** Read by others before this. */
const NOT_OURS = "access_token";
const BOOLEANS: Readonly<Record<string, boolean>> = { "": true, true: true, 1: true, false: false, 0: false };

/**
 * What GET /v1/search?q=... asks for, as the body of a POST, whose schema has yet to be applied: an address holds nothing but strings.
 *
 * @throws ServiceError `invalid`.
 */
export function bodyOfAddress(parameters: Readonly<Record<string, Value>>): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (name === NOT_OURS) continue;
    const known = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
    if (known === undefined) throw new ServiceError("invalid", "a search knows no such option", { param: name.slice(0, 40) });
    const { member, kind } = known;
    const given = typeof value === "string" ? [value] : value;
    if (kind === "list") body[member] = [...((body[member] as string[] | undefined) ?? []), ...given];
    else if (given.length !== 1 || member in body) throw new ServiceError("invalid", `${name} is there more than once`, { param: name });
    else body[member] = valueOf(given[0] ?? "", kind, name);
  }
  return body;
}

function valueOf(text: string, kind: "text" | "number" | "boolean", param: string): unknown {
  if (kind === "text") return text;
  if (kind === "boolean") {
    if (Object.hasOwn(BOOLEANS, text)) return BOOLEANS[text];
    throw new ServiceError("invalid", `${param} is true or false`, { param });
  }
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new ServiceError("invalid", `${param} is not a number`, { param });
}
