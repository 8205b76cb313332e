const DELIMITERS = [",", ";", "\t", "|"];
/** Enough lines to see a pattern; a file of one endless line is cut as well. */
const SNIFFED_LINES = 30;
const SNIFFED_CHARS = 100_000;
/** A longer first cell is a sentence, and no column's name. */
const MAX_COLUMN_NAME_CHARS = 80;

/** The delimiter that parts most lines into the same number of cells; `usual` when none parts anything. */
export function sniffDelimiter(text: string, usual: string): string {
  let best = usual;
  let bestScore = 0;
  for (const delimiter of [usual, ...DELIMITERS.filter((candidate) => candidate !== usual)]) {
    const counts = delimitersPerLine(text, delimiter);
    const ofHeader = counts[0] ?? 0;
    if (ofHeader === 0) continue;
    const consistent = counts.filter((count) => count === ofHeader).length / counts.length;
    // Consistency decides; more cells break ties, and the usual delimiter those that remain.
    const score = consistent + Math.min(ofHeader, 50) / 1000 + (delimiter === usual ? 0.05 : 0);
    if (score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}

/** Counted outside quotation marks; a quoted line break does not end a line. */
function delimitersPerLine(text: string, delimiter: string): number[] {
  const counts: number[] = [];
  let count = 0;
  let quoted = false;
  let lineStart = 0;
  const length = Math.min(text.length, SNIFFED_CHARS);
  for (let position = 0; position < length && counts.length < SNIFFED_LINES; position++) {
    const character = text[position]!;
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === delimiter) count++;
    else if (character === "\n") {
      if (position > lineStart) counts.push(count);
      count = 0;
      lineStart = position + 1;
    }
  }
  if (counts.length < SNIFFED_LINES && length > lineStart) counts.push(count);
  return counts;
}

/**
 * The first row when it names the columns: short, distinct, without numbers or dates, and no value of its own column.
 * Where nothing speaks against it, a first row is a header: tables without one are rare, and nothing of it is lost.
 */
export function findHeader(rows: readonly (readonly string[])[]): string[] | undefined {
  const [first, ...body] = rows;
  if (first === undefined || body.length === 0) return undefined;
  const names = first.map((cell) => cell.trim());
  const filled = names.filter((name) => name !== "");
  if (filled.length * 2 <= names.length || new Set(filled).size < filled.length) return undefined;
  if (filled.some((name) => name.length > MAX_COLUMN_NAME_CHARS || name.includes("\n"))) return undefined;
  const numbers = filled.filter((name) => /^[-+]?[\d.,:/%\s€$£¥-]*\d[\d.,:/%\s€$£¥-]*$/.test(name));
  // Years and the like do name columns, but not all of them.
  if (numbers.length > 0 && !numbers.every((name) => /^(?:1[5-9]|20)\d\d$/.test(name))) return undefined;
  if (numbers.length === filled.length) return undefined;
  const repeated = names.some((name, column) => name !== "" && body.some((row) => row[column]?.trim() === name));
  return repeated ? undefined : names;
}
