import type { DocumentBlock } from "../domain/document.ts";
import { type CountedHeading, cutToTokens, fitPath } from "../domain/heading-path.ts";
import type { CountedSection } from "../domain/merge-sections.ts";
import type { CountedUnit } from "../domain/pack-units.ts";
import type { Heading, Section } from "../domain/sections.ts";
import { pieceLengthFor, splitUnit, type TextUnit, unitsOf } from "../domain/text-units.ts";
import type { TokenCounter } from "../ports/embedder.ts";

export interface CountedDocument {
  readonly sections: readonly CountedSection[];
  /** A heading as text, for passages that hold several sections. */
  readonly headingUnits: (heading: Heading) => readonly CountedUnit[];
  /** Table headers as passages show them: cut when they are too long. */
  readonly headerTexts: ReadonlyMap<string, string>;
}

// No tokenizer makes text of so many characters a token; longer units are cut without being counted whole.
const MOST_CHARS_PER_TOKEN = 8;

// Bounds one message to the process that counts.
const MAX_CHARS_PER_CALL = 1 << 20;

/** Cuts the sections into units none of which is larger than a passage has room for, and counts all that a passage can hold. */
export async function countSections(
  sections: readonly Section[],
  counter: TokenCounter,
  { maxTokens, maxHeadingTokens }: { readonly maxTokens: number; readonly maxHeadingTokens: number },
): Promise<CountedDocument> {
  const longest = maxTokens * MOST_CHARS_PER_TOKEN;
  const headings = [...new Set(sections.flatMap(({ path, own }) => (own ? [...path, own] : path)))];
  const headers = [...new Set(sections.flatMap(({ blocks }) => blocks.flatMap(({ tableHeader }) => tableHeader ?? [])))];
  const blocks = [...sections.flatMap((section) => section.blocks), ...headings.flatMap(({ block }) => block ?? [])];
  const units = blocks.flatMap((block) => unitsOf(block, longest));
  const counts = await countTokens(counter, [
    // The beginning is enough to see that a heading is too long.
    ...[...headings.map(({ text }) => text), ...headers].map((text) => text.slice(0, longest)),
    ...units.map(countedText),
  ]);
  const headingCounts = counts.slice(0, headings.length);
  const headerCounts = counts.slice(headings.length, headings.length + headers.length);
  const unitCounts = counts.slice(headings.length + headers.length);

  const countedHeadings = new Map<Heading, CountedHeading>(
    headings.map((heading, i) => [heading, countedHeading(heading, headingCounts[i]!)]),
  );
  function countedHeading(heading: Heading, count: number): CountedHeading {
    const isCut = heading.text.length > longest;
    return { ...heading, text: heading.text.slice(0, longest), tokens: isCut ? Math.max(count, maxTokens) : count };
  }
  const paths = sections.map(({ path }) => path.map((heading) => countedHeadings.get(heading)!));
  const headerTexts = new Map(
    headers.map((header, i) => [header, cutToTokens(header.slice(0, longest), headerCounts[i]!, maxHeadingTokens)]),
  );
  const headerTokens = new Map(headers.map((header, i) => [header, Math.min(headerCounts[i]!, maxHeadingTokens) + 1]));

  const roomOfBlock = new Map<DocumentBlock, number>();
  for (const [i, { blocks: inside }] of sections.entries()) {
    const room = maxTokens - fitPath(paths[i]!, maxHeadingTokens).tokens;
    for (const block of inside) roomOfBlock.set(block, room - (headerTokens.get(block.tableHeader ?? "") ?? 0));
  }
  const roomOf = ({ block }: TextUnit): number => roomOfBlock.get(block) ?? maxTokens - maxHeadingTokens;
  const counted = units.map((unit, i): CountedUnit => {
    const { tableHeader } = unit.block;
    return {
      ...unit,
      tokens: Math.max(1, unitCounts[i]!),
      headerTokens: tableHeader === undefined ? 0 : headerTokens.get(tableHeader)!,
    };
  });

  const unitsOfBlock = new Map<DocumentBlock, CountedUnit[]>(blocks.map((block) => [block, []]));
  for (const unit of await splitOverlong(counted, roomOf, counter, pieceLengthFor(longest))) unitsOfBlock.get(unit.block)!.push(unit);
  return {
    sections: sections.map(({ own, blocks: inside }, i) => ({
      path: paths[i]!,
      ...(own && { own: countedHeadings.get(own)! }),
      units: inside.flatMap((block) => unitsOfBlock.get(block)!),
    })),
    headingUnits: ({ block }) => (block === undefined ? [] : unitsOfBlock.get(block)!),
    headerTexts,
  };
}

/** Puts pieces in place of the units that are larger than their room. A piece that still is stays: it is cut when passages are checked. */
async function splitOverlong(
  units: readonly CountedUnit[],
  roomOf: (unit: TextUnit) => number,
  counter: TokenCounter,
  pieceLength: number,
): Promise<CountedUnit[]> {
  const split = units.map((unit) => (unit.tokens <= roomOf(unit) ? [unit] : splitUnit(unit, pieceLength)));
  const pieces = split.flatMap((parts) => (parts.length > 1 ? parts : []));
  if (pieces.length === 0) return [...units];
  const counts = await countTokens(counter, pieces.map(countedText));
  const tokensOf = new Map(pieces.map((piece, i) => [piece, Math.max(1, counts[i]!)]));
  return split.flatMap((parts, i) =>
    parts.map((part) => ({ ...units[i]!, ...part, tokens: tokensOf.get(part) ?? units[i]!.tokens })),
  );
}

/** Counts in calls of bounded size. */
export async function countTokens(counter: TokenCounter, texts: readonly string[]): Promise<number[]> {
  const counts: number[][] = [];
  for (let from = 0; from < texts.length; ) {
    let to = from;
    for (let chars = 0; to < texts.length && (to === from || chars + texts[to]!.length <= MAX_CHARS_PER_CALL); to += 1) {
      chars += texts[to]!.length;
    }
    counts.push(await counter.countTokens(texts.slice(from, to)));
    from = to;
  }
  return counts.flat();
}

/** With what separates the unit from the next one: line breaks are tokens for some models. */
function countedText({ block: { text }, start, tail }: TextUnit): string {
  const unit = text.slice(start, tail);
  return tail === text.length ? `${unit}\n` : unit;
}
