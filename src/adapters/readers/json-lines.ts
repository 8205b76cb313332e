export interface LineRange {
  readonly startLine: number;
  readonly endLine: number;
}

export interface EntryLines extends LineRange {
  /** Lines of the objects in it, when the entry is a list of objects; not to be used for other lists. */
  readonly elements: readonly LineRange[];
}

/**
 * Where the entries of a JSON document stand, by key for an object and by position ("0", "1", ...) for a list.
 * JSON.parse does not tell.
 *
 * @param text valid JSON.
 */
export function entryLines(text: string): ReadonlyMap<string, EntryLines> {
  const entries = new Map<string, EntryLines>();
  let line = 1;
  let depth = 0;
  let isObject = false;
  let key: string | undefined;
  let entryStart = 0;
  let elements: LineRange[] = [];
  let elementStart = 0;
  let listAtDepth2 = false;
  let lastLine = 1;

  function endElement(): void {
    if (listAtDepth2 && elementStart > 0) elements.push({ startLine: elementStart, endLine: lastLine });
    elementStart = 0;
  }
  function endEntry(): void {
    if (entryStart > 0) entries.set(key ?? String(entries.size), { startLine: entryStart, endLine: lastLine, elements });
    [key, entryStart, elements] = [undefined, 0, []];
  }

  for (let position = 0; position < text.length; position++) {
    const character = text[position]!;
    if (character === "\n") line++;
    if (character === " " || character === "\n" || character === "\t" || character === ":") continue;
    if (character === "," && depth <= 2) {
      if (depth === 2) endElement();
      else if (depth === 1) endEntry();
      continue;
    }
    if (character === "}" || character === "]") {
      if (depth === 2) endElement();
      if (depth === 1) endEntry();
      depth--;
      lastLine = line;
      continue;
    }
    if (depth === 1 && entryStart === 0) entryStart = line;
    // Numbers by the million are elements too, and nobody asks for their lines.
    if (depth === 2 && character === "{") elementStart = line;
    lastLine = line;
    if (character === '"') {
      const end = endOfString(text, position);
      if (depth === 1 && isObject && key === undefined) key = JSON.parse(text.slice(position, end)) as string;
      position = end - 1;
    } else if (character === "{" || character === "[") {
      depth++;
      if (depth === 1) isObject = character === "{";
      if (depth === 2) listAtDepth2 = character === "[";
    }
  }
  return entries;
}

/** Position after the closing quotation mark. Strings of valid JSON hold no line break. */
function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (position < text.length && text[position] !== '"') position += text[position] === "\\" ? 2 : 1;
  return position + 1;
}
