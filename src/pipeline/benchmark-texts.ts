import type { TokenCounter } from "../ports/embedder.ts";

/** Characters on which the first guess of a text's length is made. */
const SAMPLE_CHARACTERS = 2000;
/** Times that a text's length is corrected by what it was found to have. */
const CORRECTIONS = 3;

/**
 * `count` texts of about `tokens` tokens, cut from the documents as they follow each other: each text begins with another document, and
 * goes on into the next where it is short.
 * @param documents at least one that is not empty.
 */
export async function textsOfLength(documents: readonly string[], tokens: number, count: number, counter: TokenCounter): Promise<string[]> {
  const sources = Array.from({ length: count }, (_, place) => {
    const first = place % documents.length;
    // Characters, not the halves that some of them consist of in a string.
    return [...[...documents.slice(first), ...documents.slice(0, first)].join("\n\n")];
  });
  let lengths = sources.map(() => SAMPLE_CHARACTERS);
  for (let round = 0; round < CORRECTIONS; round++) {
    const counts = await counter.countTokens(sources.map((source, place) => beginning(source, lengths[place] ?? 0)));
    lengths = lengths.map((length, place) => Math.max(1, Math.round((length * tokens) / Math.max(1, counts[place] ?? 1))));
  }
  return sources.map((source, place) => beginning(source, lengths[place] ?? 0));
}

/** A source that is too short is said again. */
function beginning(source: readonly string[], length: number): string {
  const times = Math.floor(length / source.length);
  return source.join("").repeat(times) + source.slice(0, length % source.length).join("");
}
