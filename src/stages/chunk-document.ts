import type { ParsedDocument } from "../domain/document.ts";
import { draftPassage, type PassagePlan, shortenPlan } from "../domain/draft-passage.ts";
import { mergeShortSections, showPaths } from "../domain/merge-sections.ts";
import { packUnits } from "../domain/pack-units.ts";
import { type PassageDraft, passageInput } from "../domain/passage.ts";
import { sectionsOf } from "../domain/sections.ts";
import type { TokenCounter } from "../ports/embedder.ts";
import { countSections, countTokens } from "./count-sections.ts";

export interface ChunkOptions {
  /** Limit for `passageInput(passage)`, headings included. */
  readonly maxTokens: number;
  /** Limit for what a passage repeats of the one before; at most half of the text's room is used. */
  readonly overlapTokens: number;
}

// Headings and a table's header may take up to a third of a passage each.
const MAX_HEADING_SHARE = 1 / 3;

// A section below this is put together with its neighbour; less for passages under 240 tokens.
const SHORT_TOKENS = 40;

// Records are complete in fewer words: a row with its column names answers a question alone.
const SHORT_RECORD_SHARE = 0.4;

/**
 * Cuts a document into passages within the token budget, in reading order. Cuts at headings, then between paragraphs,
 * list items and rows, then between sentences or lines of code, then at punctuation and spaces; only a single
 * user-perceived character may exceed the budget. Passages of one running section overlap by whole sentences or lines.
 * The same document, counter and options give the same passages. Most documents take two calls of the counter.
 */
export async function chunkDocument(
  document: ParsedDocument,
  counter: TokenCounter,
  { maxTokens, overlapTokens }: ChunkOptions,
): Promise<PassageDraft[]> {
  const maxHeadingTokens = Math.floor(maxTokens * MAX_HEADING_SHARE);
  const minTokens = Math.min(SHORT_TOKENS, Math.ceil(maxTokens / 6));
  const limits = { maxTokens, maxHeadingTokens, minTokens, minRecordTokens: minTokens * SHORT_RECORD_SHARE };
  const { sections, headingUnits, headerTexts } = await countSections(sectionsOf(document), counter, limits);
  const groups = mergeShortSections(sections, headingUnits, limits);
  const plans = showPaths(groups, headingUnits, maxHeadingTokens).flatMap(({ shown: { headings, tokens }, units }) =>
    packUnits(units, { ...limits, budget: maxTokens - tokens, overlapTokens }).map(
      (range): PassagePlan => ({ headings, units, range, headerTexts }),
    ),
  );
  return (await draftWithinBudget(plans, counter, maxTokens)).flat();
}

/**
 * The passages of each plan. Unit counts add up to about the count of the whole; here the whole is counted, and the few
 * plans that are over the budget are cut further.
 */
async function draftWithinBudget(
  plans: readonly PassagePlan[],
  counter: TokenCounter,
  maxTokens: number,
): Promise<PassageDraft[][]> {
  const drafts = plans.map(draftPassage);
  const counts = await countTokens(counter, drafts.map(passageInput));
  const shorter = plans.map((plan, i) => (counts[i]! <= maxTokens ? [] : shortenPlan(plan)));
  if (shorter.every((plansOfOne) => plansOfOne.length === 0)) return drafts.map((draft) => [draft]);
  const redone = await draftWithinBudget(shorter.flat(), counter, maxTokens);
  let position = 0;
  return drafts.map((draft, i) => {
    const from = position;
    position += shorter[i]!.length;
    return position === from ? [draft] : redone.slice(from, position).flat();
  });
}
