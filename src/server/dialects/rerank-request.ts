import { checkTokenCount, type RequestLimits } from "../limits.ts";
import { estimateTokens } from "../../domain/estimate-tokens.ts";
import { ServiceError } from "../service-error.ts";
import type { GivenDocument } from "./rerank-fields.ts";

type Maybe<Value> = Value | null | undefined;

/**
 * What the model reads of each document: a string as it is; of an object the fields that `rankFields` names, as lines
 * "name: value"; without names, or with "text" alone, its text; and where it has none, all of its fields, as Together reads them.
 *
 * @throws ServiceError `invalid` for an object without anything to read.
 */
export function readDocuments(documents: readonly GivenDocument[], rankFields?: Maybe<readonly string[]>, param = "documents"): string[] {
  return documents.map((document, position) => (typeof document === "string" ? document : readFields(document, rankFields, `${param}[${position}]`)));
}

function readFields(document: Exclude<GivenDocument, string>, rankFields: Maybe<readonly string[]>, param: string): string {
  checkWritable(document, param);
  const named = rankFields == null || rankFields.length === 0 ? ["text"] : rankFields;
  const isTextAlone = named.length === 1 && named[0] === "text";
  if (isTextAlone && typeof document["text"] === "string") return document["text"];
  const names = isTextAlone ? Object.keys(document) : named.filter((name) => Object.hasOwn(document, name));
  const lines = names.filter((name) => document[name] != null).map((name) => `${name}: ${asText(document[name])}`);
  if (lines.length === 0) throw new ServiceError("invalid", `${param} has none of the fields that are read`, { param });
  return lines.join("\n");
}

/** How deep a document's fields may be nested: far above what people write, far below where JSON.stringify overflows the stack. */
const MAX_DEPTH = 200;

/** An answer may repeat a document. JSON.parse reads any depth, and 1e400 as Infinity, which JSON.stringify writes as null. */
function checkWritable(document: unknown, param: string): void {
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value: document, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next;
    if (depth > MAX_DEPTH) throw new ServiceError("invalid", `${param} is nested too deeply`, { param });
    if (typeof value === "number" && !Number.isFinite(value)) throw new ServiceError("invalid", `${param} has a number that is out of range`, { param });
    if (typeof value === "object" && value !== null) for (const entry of Object.values(value)) waiting.push({ value: entry, depth: depth + 1 });
  }
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The value of a member that has two names. @throws ServiceError `invalid` when both are there and differ. */
export function agreedOn<Value extends string | number>(names: readonly [string, string], first: Maybe<Value>, second: Maybe<Value>): Value | undefined {
  if (first != null && second != null && first !== second) {
    throw new ServiceError("invalid", `${names[0]} and ${names[1]} say different things; send one of them`, { param: names[1] });
  }
  return first ?? second ?? undefined;
}

/** How many results to answer with: all where nothing, null or 0 is asked for. */
export function resultCountOf(wanted: Maybe<number>, documentCount: number): number {
  return wanted == null || wanted === 0 ? documentCount : Math.min(wanted, documentCount);
}

/** An empty name is none: some clients cannot leave it out. */
export function wantedModel(name: Maybe<string>): string | undefined {
  return name == null || name === "" ? undefined : name;
}

/** @throws ServiceError `invalid`. */
export function requireSome(texts: readonly unknown[], param: string): void {
  if (texts.length === 0) throw new ServiceError("invalid", `invalid request: list of ${param} must not be empty`, { param });
}

/** The smaller of the two ways to say how much of a document is read. @throws ServiceError `invalid`. */
export function maxTextTokensOf(perDocument: Maybe<number>, perPrompt: Maybe<number>): number | undefined {
  if (perPrompt === 0) throw new ServiceError("invalid", "truncate_prompt_tokens is -1, or 1 and more", { param: "truncate_prompt_tokens" });
  const limits = [perDocument, perPrompt === -1 ? null : perPrompt].filter((limit) => limit != null);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** For requests with several queries: `checkRequestTokens` knows one. @throws ServiceError `too-many`. */
export function checkPairTokens(pairs: Iterable<{ readonly query: string; readonly texts: readonly string[] }>, limits: Pick<RequestLimits, "maxRequestTokens">, param: string): void {
  let tokens = 0;
  for (const { query, texts } of pairs) {
    const queryTokens = estimateTokens(query);
    for (const text of texts) tokens += queryTokens + estimateTokens(text);
  }
  checkTokenCount(tokens, limits, param);
}
