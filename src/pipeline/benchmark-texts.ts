import type { TokenCounter } from "../ports/embedder.ts";

/** Beyond this many characters for a token, on average, texts become shorter than asked for: prose has one to six. */
const MOST_CHARACTERS = 12;

/**
 * `count` texts of at most `tokens` tokens and hardly fewer, cut from the documents as they follow each other: each text begins with
 * another document, and goes on into the next where it is short.
 * @param documents at least one that is not empty.
 */
export async function textsOfLength(documents: readonly string[], tokens: number, count: number, counter: TokenCounter): Promise<string[]> {
  const sources = Array.from({ length: count }, (_, place) => {
    const first = place % documents.length;
    const whole = [...documents.slice(first), ...documents.slice(0, first)].join("\n\n");
    const times = Math.ceil((tokens * MOST_CHARACTERS) / whole.length);
    // Characters, not the halves that some of them consist of in a string.
    return [...whole.repeat(times)];
  });
  const textOf = (place: number, length: number): string => (sources[place] ?? []).slice(0, length).join("");
  // Languages differ in characters a token: each text is halved its way to its own length.
  let lengths = sources.map(() => 0);
  for (let step = Math.ceil((tokens * MOST_CHARACTERS) / 2); step >= 1; step = Math.floor(step / 2)) {
    const longer = lengths.map((length) => length + step);
    const counts = await counter.countTokens(longer.map((length, place) => textOf(place, length)));
    lengths = lengths.map((length, place) => ((counts[place] ?? 0) <= tokens ? length + step : length));
  }
  return lengths.map((length, place) => textOf(place, length));
}
