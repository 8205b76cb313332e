/** What this file needs of a text item of pdf.js. */
export interface PdfTextItem {
  readonly str: string;
  /** Scale, rotation and place: the last two are x and y, y upwards. */
  readonly transform: readonly number[];
  readonly width: number;
  readonly hasEOL: boolean;
}

/** One printed line. Lengths are points. */
export interface PdfLine {
  readonly text: string;
  readonly page: number;
  /** Place among the page's lines, from 1. */
  readonly lineNumber: number;
  readonly left: number;
  readonly right: number;
  readonly baseline: number;
  readonly fontSize: number;
}

/** Share of the font size: two baselines closer than this are one line (with its superscripts). */
const SAME_LINE = 0.5;
/** Share of the font size: a wider gap than this is a space that was never typed. */
const WORD_GAP = 0.22;

/** The page's lines in the order of its content, which for nearly all producers is the order of reading, columns included. */
export function assembleLines(items: readonly PdfTextItem[], page: number): PdfLine[] {
  const lines: PdfLine[] = [];
  let open: { text: string; left: number; right: number; baseline: number; fontSize: number } | undefined;

  function endLine(): void {
    const text = open?.text.replace(/\s+/g, " ").trim();
    if (open !== undefined && text) lines.push({ ...open, text, page, lineNumber: lines.length + 1 });
    open = undefined;
  }

  for (const { str, transform, width, hasEOL } of items) {
    const [, , skew = 0, scale = 0, x = 0, y = 0] = transform;
    const fontSize = Math.hypot(skew, scale);
    if (str !== "") {
      if (open !== undefined && !continuesLine(open, x, y, fontSize)) endLine();
      if (open === undefined) open = { text: str, left: x, right: x + width, baseline: y, fontSize };
      else {
        const gap = x - open.right > WORD_GAP * Math.max(fontSize, 1) && !isWide(open.text.at(-1)) && !isWide(str[0]) ? " " : "";
        open.text += gap + str;
        open.right = Math.max(open.right, x + width);
        // The blank between two words may be set in any size.
        if (/\S/.test(str)) open.fontSize = Math.max(open.fontSize, fontSize);
      }
    }
    if (hasEOL) endLine();
  }
  endLine();
  return lines;
}

function continuesLine(line: { readonly right: number; readonly baseline: number; readonly fontSize: number }, x: number, y: number, fontSize: number): boolean {
  const size = Math.max(line.fontSize, fontSize, 1);
  return Math.abs(y - line.baseline) < SAME_LINE * size && x > line.right - 2 * size;
}

/** Chinese and Japanese set no spaces between characters. */
function isWide(character: string | undefined): boolean {
  return character !== undefined && /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303F\uFF00-\uFFEF]/u.test(character);
}

/**
 * Two lines of one paragraph as running text: a word that was parted at the line's end is whole again, unless it is
 * written with its hyphen elsewhere (`words`), and Chinese goes on without a space.
 */
export function joinLines(before: string, after: string, words: ReadonlySet<string>): string {
  const parted = /(\p{L}+)[-\u00AD\u2010]$/u.exec(before);
  const rest = /^\p{Ll}+/u.exec(after);
  if (parted !== null && rest !== null) {
    const keepsHyphen = words.has(`${parted[1]}-${rest[0]}`.toLowerCase());
    return keepsHyphen ? before + after : before.slice(0, -1) + after;
  }
  return isWide(before.at(-1)) || isWide(after[0]) ? before + after : `${before} ${after}`;
}

/** Below this many pages, a repeated line is more likely to be content. */
const MIN_REPEATS = 3;

/** Without page numbers, and without running headers and footers: the outermost line of a page that most pages repeat. */
export function withoutPageFurniture(lines: readonly PdfLine[]): PdfLine[] {
  const pages = new Map<number, { highest: PdfLine; lowest: PdfLine }>();
  for (const line of lines) {
    const { highest = line, lowest = line } = pages.get(line.page) ?? {};
    pages.set(line.page, { highest: line.baseline > highest.baseline ? line : highest, lowest: line.baseline < lowest.baseline ? line : lowest });
  }
  const edges = [...pages.values()].flatMap(({ highest, lowest }) => (highest === lowest ? [highest] : [highest, lowest]));
  const repeats = new Map<string, number>();
  for (const line of edges) repeats.set(edgeKey(line), (repeats.get(edgeKey(line)) ?? 0) + 1);
  const furniture = new Set(
    edges.filter((line) => {
      const count = repeats.get(edgeKey(line)) ?? 0;
      return PAGE_NUMBER.test(line.text) || (count >= MIN_REPEATS && count * 2 > pages.size);
    }),
  );
  // A document of nothing else (slides with numbers only) keeps what it has.
  return furniture.size === lines.length ? [...lines] : lines.filter((line) => !furniture.has(line));
}

const PAGE_NUMBER = /^(?:(?:page|seite|p\.|第)\s*)?[-–—]?\s*\d{1,4}\s*[-–—]?(?:\s*(?:\/|of|von|页|頁)\s*\d{0,4})?$/i;

/** Equal for lines that differ only in their numbers and stand at the same height. */
function edgeKey({ text, baseline }: PdfLine): string {
  return `${Math.round(baseline / 4)} ${text.replace(/\d+/g, "#")}`;
}
