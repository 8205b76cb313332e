import { shortenEnd, wrapLines } from "../reporters/fit-text.ts";
import { counted, formatCount, formatDuration } from "../reporters/format-numbers.ts";
import { printableLine } from "../reporters/printable.ts";
import { widthOf } from "../reporters/style.ts";
import type { KeyHint } from "./key-help.ts";
import type { Paint } from "./paint.ts";
import type { Message } from "./screen-state.ts";
import { isRunning, type SearchRun } from "./search-run.ts";

/** What the user should know now: the last message until it is dismissed, else the failure of the search, else what the result has to say. */
export function messageOf(run: SearchRun | null, message: Message | null): Message | null {
  if (message !== null) return message;
  if (run?.failure) return { kind: "error", text: run.failure.message, hint: run.failure.hint };
  const notices = run?.result?.notices ?? [];
  return notices.length === 0 ? null : { kind: "info", text: notices.join("; "), hint: null };
}

/** Wrapped; the hint on lines of its own, or behind the text where both fit on one line. */
export function messageLines(message: Message | null, columns: number, paint: Paint): string[] {
  if (message === null) return [];
  const text = printableLine(message.text);
  const hint = message.hint === null ? "" : printableLine(message.hint);
  const lead = message.kind === "error" ? paint.error : paint.warning;
  const fitsBeside = hint !== "" && widthOf(text) + widthOf(hint) + 3 <= columns;
  if (fitsBeside) return [`${lead(text)} ${paint.glyphs.dot} ${hint}`];
  const wrapped = (of: string) => wrapLines(of, columns).map(({ start, end }) => of.slice(start, end));
  return [...wrapped(text).map(lead), ...wrapped(hint)];
}

/** Stage timings; while judging, how far it is. Where not all parts fit, the least worthy are left out. */
export function statusLine(run: SearchRun | null, nowMs: number, columns: number, paint: Paint): string {
  if (run === null) return "";
  const { glyphs } = paint;
  const parts = (isRunning(run) ? runningParts(run, nowMs) : endedParts(run)).filter(({ text }) => text !== "");
  const separator = ` ${glyphs.dot} `;
  while (parts.length > 1 && widthOf(parts.map(({ text }) => text).join(separator)) > columns) {
    const least = Math.min(...parts.map(({ worth }) => worth));
    parts.splice(parts.findLastIndex(({ worth }) => worth === least), 1);
  }
  return parts
    .map(({ text, isLoud }) => (isLoud ? paint.warning : paint.dim)(shortenEnd(text, columns, glyphs.ellipsis)))
    .join(paint.dim(separator));
}

interface Part {
  readonly text: string;
  /** More is worthier. */
  readonly worth: number;
  readonly isLoud?: boolean;
}

function runningParts({ startedAtMs, candidates, embedMs, recallMs, judged, usage, pace, isStopping }: SearchRun, nowMs: number): Part[] {
  const elapsedMs = Math.max(0, nowMs - startedAtMs);
  if (candidates === null) return [{ text: `searching ${elapsedMs < 1000 ? "" : formatDuration(elapsedMs)}`.trim(), worth: 9 }];
  const rate = pace === null || pace.tokensPerSecond < 1 ? "" : `${formatCount(pace.tokensPerSecond)} tokens/s`;
  const remaining = pace?.remainingMs == null ? "" : `${formatDuration(Math.max(1000, Math.round(pace.remainingMs / 1000) * 1000)).replace(".0 s", " s")} left`;
  return [
    { text: isStopping ? "stopping" : `judging ${judged} of ${candidates.length}`, worth: 9 },
    { text: remaining, worth: 8 },
    { text: rate, worth: 6 },
    { text: usage === null || usage.savedTokens === 0 ? "" : `${counted(usage.savedTokens, "token")} saved`, worth: 5 },
    { text: stageText("embed", embedMs), worth: 3 },
    { text: stageText("recall", recallMs), worth: 3 },
  ];
}

function endedParts({ result, request }: SearchRun): Part[] {
  if (result === null) return [{ text: "the search failed", worth: 9 }];
  const { timings, judged, candidates, usage, partial, rerankFailure } = result;
  const rerank = timings.rerankMs === null ? "" : `rerank ${formatCount(judged)} in ${formatDuration(timings.rerankMs)}`;
  return [
    { text: partial ? `partial: ${judged} of ${candidates} judged` : "", worth: 9, isLoud: true },
    { text: rerankFailure === null ? "" : "not reranked", worth: 9, isLoud: true },
    { text: stageText("embed", timings.embedMs), worth: 5 },
    { text: stageText("recall", timings.recallMs), worth: 4 },
    { text: candidates === 0 ? counted(candidates, "candidate") : rerank, worth: 8 },
    { text: usage === null ? "" : counted(usage.computedTokens, "token"), worth: 3 },
    { text: usage === null || usage.savedTokens === 0 ? "" : `${formatCount(usage.savedTokens)} saved`, worth: 2 },
    { text: partial && request.budgetMs !== undefined ? `budget ${formatDuration(request.budgetMs)}` : "", worth: 1 },
  ];
}

function stageText(name: string, elapsedMs: number | null): string {
  return elapsedMs === null ? "" : `${name} ${formatDuration(elapsedMs)}`;
}

/** As many hints as fit. */
export function hintsLine(hints: readonly KeyHint[], columns: number, paint: Paint): string {
  let line = "";
  let used = 0;
  for (const { keys, does } of hints) {
    const width = (line === "" ? 0 : 3) + widthOf(keys) + 1 + widthOf(does);
    if (used + width > columns) continue;
    line += `${line === "" ? "" : "   "}${paint.bold(keys)} ${paint.dim(does)}`;
    used += width;
  }
  return line === "" ? paint.dim(shortenEnd(hints[0]?.keys ?? "", columns, "")) : line;
}
