import type { DescribedModel, FoundPassage, IndexDescription, SearchRecord, Timings } from "./wire-types.ts";

/** "41 ms", "2.9 s". */
export function formatTime(elapsedMs: number): string {
  if (elapsedMs < 1) return "<1 ms";
  return elapsedMs < 1000 ? `${Math.round(elapsedMs)} ms` : `${(elapsedMs / 1000).toFixed(1)} s`;
}

/** Three digits; what rounds to a certainty that nobody has says so. */
export function formatRelevance(relevance: number): string {
  if (relevance < 0.0005) return "<0.001";
  return relevance > 0.9995 ? ">0.999" : relevance.toFixed(3);
}

export function formatSimilarity(similarity: number | null): string {
  return similarity === null ? "–" : similarity.toFixed(3).replace("-", "−");
}

/** @param places gained (positive) or lost. */
export function formatMovement(places: number): { readonly shown: string; readonly spoken: string; readonly kind: "up" | "down" | "same" } {
  const count = Math.abs(places);
  const spoken = `${count} ${count === 1 ? "place" : "places"}`;
  if (places > 0) return { shown: `↑${count}`, spoken: `up ${spoken}`, kind: "up" };
  if (places < 0) return { shown: `↓${count}`, spoken: `down ${spoken}`, kind: "down" };
  return { shown: "=", spoken: "same place", kind: "same" };
}

export function formatPlace({ path, startLine, endLine, page, row }: FoundPassage): string {
  if (page !== undefined) return `${path} p. ${page}`;
  if (row !== undefined) return `${path} row ${row}`;
  return `${path}:${startLine === endLine ? startLine : `${startLine}–${endLine}`}`;
}

/** The same without folders: where there is little room, the end of a path says most. */
export function formatShortPlace(passage: FoundPassage): string {
  return formatPlace({ ...passage, path: fileOf(passage.path) });
}

/** What a passage is called: its nearest heading, else its file. */
export function titleOf({ headings, path }: Pick<FoundPassage, "headings" | "path">): string {
  return headings.at(-1) ?? fileOf(path);
}

/** All headings above a passage, as the command line shows them: "Apple pie › Method". Without any, its file. */
export function headingPath({ headings, path }: Pick<FoundPassage, "headings" | "path">): string {
  return headings.length === 0 ? fileOf(path) : headings.join(" › ");
}

function fileOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function formatRecallTimes({ embedMs, recallMs }: Timings): string[] {
  return [...(embedMs === null ? [] : [`embed ${formatTime(embedMs)}`]), ...(recallMs === null ? [] : [`recall ${formatTime(recallMs)}`])];
}

export function formatTimings({ timings, judged, usage }: SearchRecord): string {
  const tokens = usage === null ? "" : `, ${formatCount(usage.computedTokens)} tokens`;
  const rerank = timings.rerankMs === null ? [] : [`rerank ${judged} in ${formatTime(timings.rerankMs)}${tokens}`];
  return [...formatRecallTimes(timings), ...rerank].join(" · ");
}

/** Read aloud at the end. */
export function announcementOf({ judged, rerankFailure }: Pick<SearchRecord, "judged" | "rerankFailure">, total: number): string {
  if (total === 0) return "Nothing was found.";
  return rerankFailure === null ? `Done: ${judged} of ${total} passages reranked.` : "The reranker did not run: this is the order of the first stage.";
}

export function formatAbout({ documents, passages, models: { embedder, reranker } }: IndexDescription): string {
  const counts = `${formatCount(passages)} passages of ${formatCount(documents)} ${documents === 1 ? "document" : "documents"}`;
  const devices = new Set([embedder.device, reranker.device].filter((device) => device !== null));
  return [counts, `recall ${nameOf(embedder)}`, `rerank ${nameOf(reranker)}`, ...(devices.size === 0 ? ["models load with the first search"] : devices)].join(" · ");
}

/** Who reads an instruction. */
export function whoReadsInstructions({ models: { embedder, reranker } }: IndexDescription): { readonly isRead: boolean; readonly note: string } {
  const deaf = [embedder, reranker].filter(({ readsInstruction }) => !readsInstruction);
  if (deaf.length === 2) return { isRead: false, note: "these models read none" };
  if (deaf.length === 0) return { isRead: true, note: "what relevant means; both models read it" };
  return { isRead: true, note: `what relevant means; only the ${deaf[0] === embedder ? "reranker" : "embedder"} reads it` };
}

export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

function nameOf({ id, precision }: DescribedModel): string {
  // A folder's last part is its name.
  return `${id.split(/[\\/]/).at(-1) ?? id} ${precision}`;
}
