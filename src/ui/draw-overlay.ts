import { shortenEnd } from "../reporters/fit-text.ts";
import { printableLine } from "../reporters/printable.ts";
import { padEnd, widthOf } from "../reporters/style.ts";
import { KEY_GROUPS, type KeyGroup } from "./key-help.ts";
import { topOf } from "./layout.ts";
import type { Paint } from "./paint.ts";

const GAP = "   ";
/** Longer key names move only their own line. */
const KEY_COLUMNS = 18;

/** All keys, in as many columns as have room. What does not fit below is left out: two columns need 22 rows. */
export function helpLines(columns: number, rows: number, paint: Paint): string[] {
  const [query, results, passage, everywhere] = KEY_GROUPS.map((group) => groupLines(group, paint));
  const columnWidth = Math.max(0, ...[query, results, passage, everywhere].flatMap((lines) => lines ?? []).map(({ width }) => width));
  const count = Math.max(1, Math.min(3, Math.floor((columns + GAP.length) / (columnWidth + GAP.length))));
  const blank = { text: "", width: 0 };
  const stacks =
    count === 1
      ? [[...(everywhere ?? []), blank, ...(results ?? []), blank, ...(passage ?? []), blank, ...(query ?? [])]]
      : count === 2
        ? [[...(query ?? []), blank, ...(results ?? [])], [...(everywhere ?? []), blank, ...(passage ?? [])]]
        : [[...(query ?? []), blank, ...(passage ?? [])], results ?? [], everywhere ?? []];
  const height = Math.min(rows, Math.max(...stacks.map((stack) => stack.length)));
  return Array.from({ length: height }, (_, row) =>
    stacks.map((stack) => fitted(stack[row] ?? blank, Math.min(columnWidth, columns), paint)).join(GAP).trimEnd(),
  );
}

interface Line {
  readonly text: string;
  readonly width: number;
  readonly keys?: string;
}

function groupLines({ title, keys }: KeyGroup, paint: Paint): Line[] {
  return [
    { text: paint.bold(title), width: widthOf(title) },
    ...keys.map(({ keys: names, does }) => {
      const plain = `${padEnd(names, KEY_COLUMNS)}  ${does}`;
      return { text: paint.relevance(padEnd(names, KEY_COLUMNS)) + plain.slice(Math.max(KEY_COLUMNS, names.length)), width: widthOf(plain), keys: plain };
    }),
  ];
}

function fitted({ text, width, keys }: Line, columns: number, { glyphs }: Paint): string {
  if (width <= columns) return text + " ".repeat(columns - width);
  return padEnd(shortenEnd((keys ?? "").replace(/ {2,}/, "  "), columns, glyphs.ellipsis), columns);
}

/** The rerankers to choose from. `names` is `null` while they are being looked for. */
export function rerankerLines(names: readonly string[] | null, position: number, columns: number, rows: number, paint: Paint): string[] {
  const title = paint.bold(shortenEnd("Which reranker shall judge these candidates too?", columns, paint.glyphs.ellipsis));
  if (names === null) return [title, "", paint.dim("  looking for models")].slice(0, rows);
  if (names.length === 0) {
    const none = ["  No other reranker is on this machine.", "  rerank models list", "  rerank models pull"];
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
