import type { SearchEvent } from "../pipeline/events.ts";
import { createSmoothedRate } from "../reporters/smoothed-rate.ts";
import type { Pace } from "./search-run.ts";

/** How fast one search judges. */
export interface PaceMeter {
  take(event: SearchEvent, nowMs: number): void;
  /** `null` before the first stage has answered. */
  pace(nowMs: number): Pace | null;
}

/** Long and short passages average out over this time. */
const MEMORY_MS = 4000;

export function createPaceMeter(): PaceMeter {
  const judgments = createSmoothedRate(MEMORY_MS);
  const tokens = createSmoothedRate(MEMORY_MS);
  let seen: { readonly done: number; readonly total: number } | null = null;
  return {
    take(event, nowMs) {
      if (event.type === "rerank-failed") return;
      seen = event.type === "recalled" ? { done: 0, total: event.candidates.length } : { done: event.done, total: event.total };
      judgments.add(seen.done, nowMs);
      tokens.add(event.type === "judged" ? (event.usage?.computedTokens ?? 0) : 0, nowMs);
    },
    pace(nowMs) {
      if (seen === null) return null;
      const perMs = judgments.perMs(nowMs);
      const left = Math.max(0, seen.total - seen.done - judgments.doneSince(nowMs));
      return { tokensPerSecond: tokens.perMs(nowMs) * 1000, remainingMs: perMs > 0 ? left / perMs : null };
    },
  };
}
