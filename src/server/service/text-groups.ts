/** A text, and every place of a request where it stands. */
export interface TextGroup {
  readonly text: string;
  readonly positions: readonly number[];
}

/** Equal texts as one, in the order in which they first stand. */
export function groupEqualTexts(texts: readonly string[]): TextGroup[] {
  const groups = new Map<string, { text: string; positions: number[] }>();
  for (const [position, text] of texts.entries()) {
    const group = groups.get(text);
    if (group === undefined) groups.set(text, { text, positions: [position] });
    else group.positions.push(position);
  }
  return [...groups.values()];
}
