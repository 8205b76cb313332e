import { shortenEnd, wrapLines } from "../reporters/fit-text.ts";
import { printableLine } from "../reporters/printable.ts";
import { widthOf } from "../reporters/style.ts";
import { KEY_GROUPS, type KeyGroup } from "./key-help.ts";
import { topOf } from "./layout.ts";
import type { Paint } from "./paint.ts";

const GAP = "   ";
const BLANK: HelpLine = { keys: "", does: "" };

/** A title has nothing that it does. */
interface HelpLine {
  /** Padded, so that a group's explanations stand below each other. */
  readonly keys: string;
  readonly does: string;
}

/** All keys, in as many columns as have room. */
export function helpLines(columns: number, paint: Paint): string[] {
  const [query = [], results = [], passage = [], everywhere = []] = KEY_GROUPS.map(groupLines);
  const arrangements = [
    [[...query, BLANK, ...passage], results, everywhere],
    [[...query, BLANK, ...results], [...everywhere, BLANK, ...passage]],
    [[...everywhere, BLANK, ...results, BLANK, ...passage, BLANK, ...query]],
  ];
  const drawn = arrangements.map((stacks) => stacks.map((stack) => stackLines(stack, columns, paint)));
  const stacks = drawn.find((each) => each.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length) <= columns) ?? drawn.at(-1) ?? [];
  const height = Math.max(...stacks.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, row) => stacks.map(({ lines, width }) => lines[row] ?? " ".repeat(width)).join(GAP));
}

function groupLines({ title, keys }: KeyGroup): HelpLine[] {
  const keyWidth = Math.max(...keys.map(({ keys: names }) => names.length));
  return [{ keys: title, does: "" }, ...keys.map(({ keys: names, does }) => ({ keys: names.padEnd(keyWidth), does }))];
}

/** Groups below each other, every line as wide as the widest. */
function stackLines(stack: readonly HelpLine[], columns: number, paint: Paint): { readonly lines: readonly string[]; readonly width: number } {
  const { ellipsis } = paint.glyphs;
  const texts = stack.flatMap((line) => wrapped(line, columns)).map(({ keys, does }) => ({
    keys: shortenEnd(keys, columns, ellipsis),
    does: does === "" ? "" : shortenEnd(`  ${does}`, Math.max(0, columns - widthOf(keys)), ellipsis),
    paint: does === "" ? paint.bold : paint.relevance,
  }));
  const width = Math.max(...texts.map(({ keys, does }) => widthOf(keys + does)));
  const lines = texts.map((line) => `${line.paint(line.keys)}${line.does}${" ".repeat(width - widthOf(line.keys + line.does))}`);
  return { lines, width };
}

/** Fewer columns hold no words. */
const LEAST_COLUMNS = 10;

/** What has no room beside its keys goes on below itself. */
function wrapped({ keys, does }: HelpLine, columns: number): HelpLine[] {
  if (does === "") return [{ keys, does }];
  const ranges = wrapLines(does, Math.max(LEAST_COLUMNS, columns - keys.length - 2));
  return ranges.map(({ start, end }, row) => ({ keys: row === 0 ? keys : " ".repeat(keys.length), does: does.slice(start, end) }));
}

/** The rerankers to choose from. `names` is `null` while they are being looked for. */
export function rerankerLines(names: readonly string[] | null, position: number, columns: number, rows: number, paint: Paint): string[] {
  const title = paint.bold(shortenEnd("Which reranker shall judge these candidates too?", columns, paint.glyphs.ellipsis));
  if (names === null) return [title, "", paint.dim("  looking for models")].slice(0, rows);
  if (names.length === 0) {
    const none = ["  No other one is on this machine.", "  See them: rerank models list", "  Get one: rerank models pull <name>"];
    return [title, "", ...none.map((line) => paint.dim(shortenEnd(line, columns, paint.glyphs.ellipsis)))].slice(0, rows);
  }
  const room = Math.max(1, rows - 2);
  const top = topOf(position, names.length, room);
  const lines = names.slice(top, top + room).map((name, row) => {
    const isChosen = top + row === position;
    const text = `${isChosen ? paint.glyphs.pointer : " "} ${shortenEnd(printableLine(name), columns - 3, paint.glyphs.ellipsis)} `;
    return isChosen ? paint.inverse(text) : text;
  });
  return [title, "", ...lines].slice(0, rows);
}
