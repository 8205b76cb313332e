import { shortenEnd, wrapLines } from "../reporters/fit-text.ts";
import { counted, formatCount, formatDuration } from "../reporters/format-numbers.ts";
import { printableLine } from "../reporters/printable.ts";
import { widthOf } from "../reporters/style.ts";
import type { KeyHint } from "./key-help.ts";
import type { Paint } from "./paint.ts";
import type { Message } from "./screen-state.ts";
import { isRunning, type SearchRun } from "./search-run.ts";

/** What the user should know now: the failure of the search, else the last message, else what the result has to say. */
export function messageOf(run: SearchRun | null, message: Message | null): Message | null {
  if (run?.failure) return { kind: "error", text: run.failure.message, hint: run.failure.hint };
  if (message !== null) return message;
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

/** Stage timings; while judging, how far it is. The parts that do not fit are left out, the last ones first. */
export function statusLine(run: SearchRun | null, nowMs: number, columns: number, paint: Paint): string {
  if (run === null) return "";
  const { glyphs } = paint;
  const parts = (isRunning(run) ? runningParts(run, nowMs) : endedParts(run)).filter(({ text }) => text !== "");
  const separator = ` ${glyphs.dot} `;
  let used = 0;
  let line = "";
  for (const { text, isLoud } of parts) {
    const width = widthOf(text) + (line === "" ? 0 : widthOf(separator));
    if (used + width > columns) break;
    line += paint.dim(line === "" ? "" : separator) + (isLoud ? paint.warning(text) : paint.dim(text));
    used += width;
  }
  return line;
}

interface Part {
  readonly text: string;
  readonly isLoud?: boolean;
}

function runningParts({ startedAtMs, candidates, embedMs, recallMs, judged, usage, pace, isStopping }: SearchRun, nowMs: number): Part[] {
  const elapsedMs = Math.max(0, nowMs - startedAtMs);
  if (candidates === null) return [{ text: `searching ${elapsedMs < 1000 ? "" : formatDuration(elapsedMs)}`.trim() }];
  const rate = pace === null || pace.tokensPerSecond < 1 ? "" : `${formatCount(pace.tokensPerSecond)} tokens/s`;
  const remaining = pace?.remainingMs == null ? "" : `${formatDuration(Math.max(1000, Math.round(pace.remainingMs / 1000) * 1000)).replace(".0 s", " s")} left`;
  return [
    { text: isStopping ? "stopping" : `judging ${judged} of ${candidates.length}` },
    { text: remaining },
    { text: rate },
    { text: usage === null || usage.savedTokens === 0 ? "" : `${counted(usage.savedTokens, "token")} saved` },
    { text: stageText("embed", embedMs) },
    { text: stageText("recall", recallMs) },
  ];
}

function endedParts({ result, request }: SearchRun): Part[] {
  if (result === null) return [{ text: "the search failed" }];
  const { timings, judged, candidates, usage, partial } = result;
  const rerank = timings.rerankMs === null ? "" : `rerank ${formatCount(judged)} in ${formatDuration(timings.rerankMs)}`;
  return [
    { text: partial ? `partial: ${judged} of ${candidates} judged` : "", isLoud: true },
    { text: stageText("embed", timings.embedMs) },
    { text: stageText("recall", timings.recallMs) },
    { text: candidates === 0 ? counted(candidates, "candidate") : rerank },
    { text: usage === null ? "" : counted(usage.computedTokens, "token") },
    { text: usage === null || usage.savedTokens === 0 ? "" : `${formatCount(usage.savedTokens)} saved` },
    { text: partial && request.budgetMs !== undefined ? `budget ${formatDuration(request.budgetMs)}` : "" },
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
