import type { Passage } from "../domain/passage.ts";

/** A line of a document; of a paged one (PDF), of that page. Both from 1. */
export interface WantedLine {
  readonly line?: number | undefined;
  readonly page?: number | undefined;
}

/**
 * The passage that holds a line: of two that overlap the later one, whose beginning is nearer; where none holds it, the next one,
 * and behind the last the last. Without a line, the first.
 *
 * @param passages of one document, in reading order.
 * @returns its position, from 0; `undefined` where the document has no such page.
 */
export function passageAt(passages: readonly Passage[], { line = 1, page }: WantedLine): number | undefined {
  const positions = [...passages.keys()].filter((position) => page === undefined || passages[position]?.location.page === page);
  const startsBefore = positions.filter((position) => (passages[position]?.location.startLine ?? 0) <= line);
  const holds = startsBefore.findLast((position) => (passages[position]?.location.endLine ?? 0) >= line);
  if (holds !== undefined) return holds;
  return positions.find((position) => (passages[position]?.location.startLine ?? 0) > line) ?? positions.at(-1);
}

/** Positions around one, in reading order. */
export function windowAround(position: number, { before, after }: { readonly before: number; readonly after: number }, count: number): number[] {
  const first = Math.max(0, position - before);
  const last = Math.min(count - 1, position + after);
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
}
