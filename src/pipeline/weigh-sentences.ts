import { passageInput, type PassageDraft } from "../domain/passage.ts";
import { splitSentences, type TextSpan } from "../domain/sentences.ts";
import type { Reranker } from "../ports/reranker.ts";

/** One sentence of a passage and what it does for the passage's relevance. */
export interface SentenceWeight {
  /** Offsets in the passage's text, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** How much the logit falls when the sentence is left out; negative where the passage is more relevant without it. */
  readonly weight: number;
}

export interface WeighOptions {
  readonly instruction?: string;
  readonly signal?: AbortSignal;
}

/** Each takes a pair of its own: of longer passages neighbouring sentences are weighed together. */
const MOST_PAIRS = 24;

/**
 * What the reranker's judgment of a passage rests on: the passage is judged whole, and again without each of its sentences
 * (occlusion: Zeiler and Fergus 2014; Li, Monroe and Jurafsky 2016). A sentence is never judged alone: what "it" stands for is said by
 * its neighbours. Sentences come in reading order; a passage of one sentence has nothing to tell apart, and gives none.
 * Rejects with `signal.reason` when aborted.
 */
export async function weighSentences(
  query: string,
  passage: Pick<PassageDraft, "headings" | "text">,
  reranker: Reranker,
  { instruction, signal }: WeighOptions = {},
): Promise<SentenceWeight[]> {
  const { headings, text } = passage;
  const spans = grouped(splitSentences(text), MOST_PAIRS);
  if (spans.length < 2) return [];
  const withoutEach = spans.map(({ start, end }) => passageInput({ headings, text: text.slice(0, start) + text.slice(end).trimStart() }));
  const [whole, ...others] = await reranker.score(query, [passageInput(passage), ...withoutEach], {
    ...(instruction !== undefined && { instruction }),
    ...(signal && { signal }),
  });
  return spans.map(({ start, end }, place) => ({ start, end, weight: (whole?.logit ?? 0) - (others[place]?.logit ?? 0) }));
}

/** At most `count` spans: neighbours are put together, as evenly as their number allows. */
function grouped(sentences: readonly TextSpan[], count: number): Pick<TextSpan, "start" | "end">[] {
  const size = Math.ceil(sentences.length / count);
  const groups: Pick<TextSpan, "start" | "end">[] = [];
  for (let position = 0; position < sentences.length; position += size) {
    const members = sentences.slice(position, position + size);
    groups.push({ start: members[0]!.start, end: members.at(-1)!.end });
  }
  return groups;
}
