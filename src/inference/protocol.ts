import type { Judgment } from "../domain/candidate.ts";
import { UserError } from "../domain/errors.ts";
import type { Device, ModelRole, LocalSpec } from "../domain/model-spec.ts";
import type { TokenUsage } from "../domain/token-usage.ts";
import type { SettledDevice } from "../engine/choose-device.ts";

/** How models are to run. */
export interface LoadOptions {
  /** Threads within one run; by default the physical cores. */
  readonly threads?: number | undefined;
  /** By default "auto": a graphics processor that is really there and serves the model, else the CPU. */
  readonly device?: Device | undefined;
  /** What a reranker does with a passage that is too long for it; by default "truncate". */
  readonly longDocuments?: "windows" | "truncate" | undefined;
}

/** How a model was loaded. */
export interface LoadReport {
  readonly loadMs: number;
  /** Where it really runs, whatever was asked for; "remote" behind an API. */
  readonly device: SettledDevice | "remote";
}

/** What the parent sends. A request's id is its own: it comes back with every answer to it. */
export type ToChild =
  | { readonly type: "load"; readonly specs: readonly LocalSpec[]; readonly options: LoadOptions }
  | WorkMessage
  | { readonly type: "memory"; readonly id: number }
  /** Drops what is left of a request. It is not answered. */
  | { readonly type: "cancel"; readonly id: number };

export type WorkMessage = {
  readonly id: number;
  /** Number of the first text within what the caller asked for, from 1: messages name texts by it. */
  readonly firstNumber: number;
} & ((TextWork & { readonly texts: readonly string[] }) | (DecodeWork & { readonly idLists: readonly (readonly number[])[] }));

export type Work = TextWork | DecodeWork;

type TextWork =
  | { readonly type: "embed"; readonly use: "query" | "passage"; readonly instruction?: string | undefined }
  | { readonly type: "score"; readonly query: string; readonly instruction?: string | undefined; readonly maxTextTokens?: number | undefined }
  | { readonly type: "count" };

/** The texts behind token ids. */
interface DecodeWork {
  readonly type: "decode";
}

/** What the child sends. Answers to a request come in the order of its texts, each as it lands, then "done" or "failed". */
export type FromChild =
  | ({ readonly type: "loaded"; readonly role: ModelRole } & LoadReport)
  | { readonly type: "load-failed"; readonly role: ModelRole; readonly error: WireError }
  /** Something that the user should know about how a model runs. A child that is started again says it again; the parent does not. */
  | { readonly type: "load-notice"; readonly line: string }
  | { readonly type: "embedding"; readonly id: number; readonly vector: Float32Array; readonly truncated: boolean; readonly tokens: number }
  | { readonly type: "judgment"; readonly id: number; readonly judgment: Judgment; readonly usage: TokenUsage; readonly queryTruncated?: true }
  | { readonly type: "counts"; readonly id: number; readonly tokens: readonly number[] }
  | { readonly type: "decoded"; readonly id: number; readonly texts: readonly string[] }
  | { readonly type: "memory"; readonly id: number; readonly bytes: number }
  /** Something that the user should know about a request. It may be said for every text; the parent says it once. */
  | { readonly type: "notice"; readonly id: number; readonly line: string }
  | { readonly type: "done"; readonly id: number }
  | { readonly type: "failed"; readonly id: number; readonly error: WireError };

/** An error as it crosses the process boundary: classes do not. */
export interface WireError {
  readonly user: boolean;
  readonly message: string;
  readonly hint?: string;
  readonly stack?: string;
}

export function toWireError(error: unknown): WireError {
  if (error instanceof UserError) {
    return { user: true, message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
  }
  if (!(error instanceof Error)) return { user: false, message: String(error) };
  return { user: false, message: error.message, ...(error.stack !== undefined && { stack: error.stack }) };
}

/** The stack, where there is one, is the child's: that is where the fault lies. */
export function fromWireError({ user, message, hint, stack }: WireError): Error {
  if (user) return new UserError(message, hint === undefined ? {} : { hint });
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
