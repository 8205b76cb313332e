import type { Device, ModelRole, LocalSpec } from "../domain/model-spec.ts";
import type { FromChild, LoadOptions, ToChild } from "./protocol.ts";
import { readVector } from "./warm-frames.ts";

/** How a server runs the models that it lends. */
export interface LendingTerms {
  /** As its user asked for it; where each model really runs is told when it has loaded. */
  readonly device: Device;
  /** As its user asked for them; `undefined` leaves the number to each model's process. */
  readonly threads?: number | undefined;
  readonly longDocuments: "windows" | "truncate";
}

/** What a client says first. */
export interface Hello {
  readonly type: "hello";
  /** Of this package: messages and models' fingerprints mean the same within one version only. */
  readonly version: string;
}

/** Answers a hello. */
export interface Welcome {
  readonly type: "welcome";
  readonly version: string;
  readonly processId: number;
  readonly terms: LendingTerms;
}

/** The last message of a server that does not, or no longer, do what it was asked for. */
export interface Refusal {
  readonly type: "refused";
  readonly why: string;
  readonly version: string;
  readonly processId: number;
}

/** Answered at once, whatever the server works on: whoever waits for an answer knows that there is somebody to give it. */
export interface Ping {
  readonly type: "ping";
}

export interface Pong {
  readonly type: "pong";
}

/** What a client sends: a hello, then pings and what the parent of an inference process would. */
export type ToServer = Hello | Ping | ToChild;
/** What a server sends: its answer to the hello, then what an inference process would. A failure of any kind is a refusal: the client's own process tells it better. */
export type FromServer = Welcome | Refusal | Pong | FromChild;

type Unread = Readonly<Record<string, unknown>>;

/** @returns `undefined` for what is no message. Members that are not looked at here are those that a model fails to load with. */
export function readRequest(value: unknown): ToServer | undefined {
  if (!isRecord(value)) return undefined;
  switch (value["type"]) {
    case "hello":
      return asIf(value, isString(value["version"]));
    case "ping":
      return asIf(value, true);
    case "load":
      return asIf(value, Array.isArray(value["specs"]) && value["specs"].every(isSpec) && isRecord(value["options"]));
    case "embed":
      return asIf(value, isWork(value) && (value["use"] === "query" || value["use"] === "passage") && isOptional(value["instruction"], isString));
    case "score":
      return asIf(value, isWork(value) && isString(value["query"]) && isOptional(value["instruction"], isString) && isOptional(value["maxTextTokens"], isNumber));
    case "count":
      return asIf(value, isWork(value));
    case "memory":
    case "cancel":
      return asIf(value, isId(value["id"]));
    default:
      return undefined;
  }
}

/** @returns `undefined` for what is no message of a server. */
export function readReply(value: unknown): FromServer | undefined {
  if (!isRecord(value)) return undefined;
  switch (value["type"]) {
    case "welcome":
      return asIf(value, isString(value["version"]) && isId(value["processId"]) && isRecord(value["terms"]));
    case "refused":
      return asIf(value, isString(value["version"]) && isId(value["processId"]) && isString(value["why"]));
    case "pong":
      return asIf(value, true);
    case "loaded":
      return asIf(value, isRole(value["role"]) && isNumber(value["loadMs"]) && isString(value["device"]));
    case "embedding": {
      const vector = readVector(value["vector"]);
      return asIf({ ...value, vector }, isId(value["id"]) && vector !== undefined && typeof value["truncated"] === "boolean");
    }
    case "judgment":
      return asIf(value, isId(value["id"]) && isJudgment(value["judgment"]) && isUsage(value["usage"]));
    case "counts":
      return asIf(value, isId(value["id"]) && Array.isArray(value["tokens"]) && value["tokens"].every(isNumber));
    case "done":
      return asIf(value, isId(value["id"]));
    default:
      return undefined;
  }
}

/** Why a server's models would not answer as models of one's own; `undefined` when they would. */
export function termsProblem({ threads, device = "auto", longDocuments = "truncate" }: LoadOptions, specs: readonly LocalSpec[], terms: LendingTerms): string | undefined {
  if (device !== "auto" && device !== terms.device) return `it runs models on ${terms.device}`;
  if (threads !== undefined && threads !== terms.threads) return `it does not run models with ${threads} threads`;
  const judges = specs.some(({ role }) => role === "reranker");
  if (judges && longDocuments !== terms.longDocuments) return `its long documents are for "${terms.longDocuments}"`;
  return undefined;
}

/** What was looked at is what it has to be. */
function asIf<Message>(value: Unread, holds: boolean): Message | undefined {
  return holds ? (value as Message) : undefined;
}

function isRecord(value: unknown): value is Unread {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isOptional(value: unknown, holds: (value: unknown) => boolean): boolean {
  return value === undefined || holds(value);
}

function isRole(value: unknown): value is ModelRole {
  return value === "embedder" || value === "reranker";
}

function isWork(value: Unread): boolean {
  return isId(value["id"]) && Array.isArray(value["texts"]) && value["texts"].every(isString);
}

function isSpec(value: unknown): boolean {
  return isRecord(value) && isRole(value["role"]) && ["family", "id", "folder", "graphPath", "fingerprint"].every((member) => isString(value[member])) && isPositive(value["maxTokens"]) && (isPositive(value["sizeBytes"]) || value["sizeBytes"] === 0);
}

/** What a model costs, in time and in memory, is estimated from it. */
function isPositive(value: unknown): boolean {
  return isNumber(value) && value > 0;
}

function isJudgment(value: unknown): boolean {
  return isRecord(value) && isNumber(value["logit"]) && isNumber(value["relevance"]) && typeof value["truncated"] === "boolean";
}

function isUsage(value: unknown): boolean {
  return isRecord(value) && isNumber(value["computedTokens"]) && isNumber(value["savedTokens"]);
}
