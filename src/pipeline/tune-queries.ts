import type { Passage } from "../domain/passage.ts";
import { drawSample } from "../domain/seeded-random.ts";
import { splitSentences } from "../domain/sentences.ts";
import type { PassageStore } from "../ports/passage-store.ts";

/** A query to try settings on, and where it comes from. */
export interface SampleQuery {
  readonly text: string;
  readonly source: "argument" | "file" | "stdin" | "heading" | "sentence";
}

interface Drawn extends SampleQuery {
  readonly path: string;
}

/** Passages looked at for each query that is wanted: many share a heading, and some have none. */
const PASSAGES_A_QUERY = 10;
/** A sentence that goes on for longer is a table or a listing. */
const MOST_SENTENCE_CHARS = 300;
/** What a heading path shows for headings that were left out, and at the end of one that was cut. */
const LEFT_OUT = "…";
const LEAST_WORDS = 2;
/** Said of any subject: with nothing else, they say nothing. */
const GENERAL_WORDS = new Set(
  "about advanced and appendix background basic basics conclusion conclusions configuration contents details discussion documentation example examples faq features further general getting guide how introduction it limitations methods misc more notes of options other overview quick readme reading reference references related requirements resources results see setup started summary the to usage works".split(" "),
);

/**
 * At most `count` queries from the index's own words, the same ones for the same seed: headings of random passages, and where those
 * do not suffice the first sentences of others. Each text once; a second one of a document only when there are not enough documents.
 */
export function drawQueries(store: PassageStore, count: number, seed: number): SampleQuery[] {
  const ids = drawSample(store.vectorIds(), count * PASSAGES_A_QUERY, seed);
  const passages = passagesInOrder(store, ids);
  const drawn = [...passages.flatMap(headingQuery), ...passages.flatMap(sentenceQuery)];
  return spreadOverDocuments(uniqueQueries(drawn))
    .slice(0, count)
    .map(({ text, source }) => ({ text, source }));
}

/** One passage for each vector, in the order of the vectors. */
function passagesInOrder(store: PassageStore, vectorIds: readonly number[]): Passage[] {
  const byVector = new Map<number, Passage>();
  for (const passage of store.passagesOfVectors(vectorIds)) {
    const known = byVector.get(passage.vectorId);
    if (known === undefined || passage.id < known.id) byVector.set(passage.vectorId, passage);
  }
  // Vectors whose passages have left stay in the store until the next run prunes them.
  return vectorIds.flatMap((id) => byVector.get(id) ?? []);
}

function headingQuery({ headings, path }: Passage): Drawn[] {
  const text = headingText(headings);
  return text === undefined ? [] : [{ text, source: "heading", path }];
}

function sentenceQuery({ text, path }: Passage): Drawn[] {
  const sentence = splitSentences(text)
    .map((span) => span.text.replaceAll(/\s+/g, " "))
    .find((candidate) => candidate.length <= MOST_SENTENCE_CHARS && wordCount(candidate) >= LEAST_WORDS);
  return sentence === undefined ? [] : [{ text: sentence, source: "sentence", path }];
}

/**
 * The most specific heading, behind the ones above it as long as it says little without them: "Kettles: Overview".
 * `undefined` where all of them together say nothing.
 */
export function headingText(headings: readonly string[]): string | undefined {
  const parts: string[] = [];
  for (const heading of headings.toReversed()) {
    const part = heading.replace(LEFT_OUT, "").replaceAll(/\s+/g, " ").trim();
    if (part !== "") parts.unshift(part);
    if (wordCount(parts.join(" ")) >= LEAST_WORDS) break;
  }
  const text = parts.join(": ");
  return wordCount(text) === 0 ? undefined : text;
}

/** Words that say something of their own; two Chinese or Japanese characters, or two Korean syllables, count as one. */
function wordCount(text: string): number {
  const unspaced = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0;
  const spaced = text.match(/(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])\p{L})+/gu) ?? [];
  return Math.floor(unspaced / 2) + spaced.filter((word) => !GENERAL_WORDS.has(word.toLowerCase())).length;
}

function uniqueQueries(queries: readonly Drawn[]): Drawn[] {
  const known = new Set<string>();
  return queries.filter(({ text }) => {
    const key = text.toLowerCase();
    return !known.has(key) && known.add(key);
  });
}

/** The first query of every document, then the second of each, and so on; headings before sentences within each round. */
function spreadOverDocuments(queries: readonly Drawn[]): Drawn[] {
  const taken = new Map<string, number>();
  const rounds = queries.map((query) => {
    const round = taken.get(query.path) ?? 0;
    taken.set(query.path, round + 1);
    return { query, round };
  });
  return rounds.toSorted((a, b) => a.round - b.round).map(({ query }) => query);
}
