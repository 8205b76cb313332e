import { counted, formatDuration } from "../reporters/format-numbers.ts";
import { shortenEnd } from "../reporters/fit-text.ts";
import { printableLine } from "../reporters/printable.ts";
import { widthOf } from "../reporters/style.ts";
import type { Paint } from "./paint.ts";
import type { ScreenIndex, ScreenModel, ScreenModels } from "./screen-services.ts";
import type { Conditions } from "./screen-state.ts";

export interface HeaderValues {
  readonly index: ScreenIndex;
  readonly models: ScreenModels;
  /** What is being loaded and for how long; `null` when nothing is. */
  readonly loading: { readonly what: string; readonly elapsedMs: number } | null;
  readonly columns: number;
  readonly lines: number;
  readonly paint: Paint;
}

const GAP = "  ";

/** What is searched, and with what: on one line, or on two where they have no room beside each other. */
export function headerLines({ index, models, loading, columns, lines, paint }: HeaderValues): string[] {
  const { glyphs } = paint;
  const elapsed = formatDuration(Math.max(1000, loading?.elapsedMs ?? 0)).replace(".0 s", " s");
  const busy = loading === null ? "" : shortenEnd(` ${glyphs.dot} ${printableLine(loading.what)} ${elapsed}`, Math.floor(columns / 2), glyphs.ellipsis);
  const pair = modelsText(models, glyphs.to);
  const right = shortenEnd(pair, Math.max(0, (lines === 1 ? Math.floor(columns * 0.6) : columns) - widthOf(busy)), glyphs.ellipsis);
  const paintedRight = paint.dim(right) + paint.warning(busy);
  const isModelLineDropped = lines === 1 && columns < 70;
  const rightColumns = isModelLineDropped ? widthOf(busy) : widthOf(right + busy);
  const room = lines === 1 ? columns - rightColumns - GAP.length : columns;
  const amount = ` ${glyphs.dot} ${counted(index.passages, "passage")}`;
  const documents = ` in ${counted(index.documents, "document")}`;
  const name = shortenEnd(printableLine(index.name), Math.max(4, room - widthOf(amount)), glyphs.ellipsis);
  const left = [name + amount + documents, name + amount, name].find((text) => widthOf(text) <= room) ?? shortenEnd(name, Math.max(0, room), glyphs.ellipsis);
  const paintedLeft = paint.bold(left.slice(0, name.length)) + left.slice(name.length);
  if (lines !== 1) return [paintedLeft, paintedRight];
  const gap = " ".repeat(Math.max(0, columns - widthOf(left) - rightColumns));
  return [paintedLeft + gap + (isModelLineDropped ? paint.warning(busy) : paintedRight)];
}

/** Pairs such as "mini" go by one name. */
function modelsText({ embedder, reranker }: ScreenModels, to: string): string {
  const [first, second] = [modelText(embedder), modelText(reranker)];
  return first === second ? first : `${first} ${to} ${second}`;
}

function modelText({ id, precision, device }: ScreenModel): string {
  return printableLine(`${id} ${precision}${device === null ? "" : ` on ${device}`}`);
}

/** What searches heed beside the query, on one line; "" where that is nothing. */
export function conditionsLine({ instruction, pathGlob, budgetMs, candidateCount }: Conditions, columns: number, { glyphs, dim }: Paint): string {
  const parts = [
    pathGlob === undefined ? "" : `only ${printableLine(pathGlob)}`,
    budgetMs === undefined ? "" : `at most ${formatDuration(budgetMs)}`,
    counted(candidateCount, "candidate"),
    instruction === undefined ? "" : `instruction: ${printableLine(instruction)}`,
  ];
  return dim(shortenEnd(parts.filter((part) => part !== "").join(` ${glyphs.dot} `), columns, glyphs.ellipsis));
}

/** Whether a line is worth it. */
export function hasConditions({ instruction, pathGlob, budgetMs }: Conditions): boolean {
  return instruction !== undefined || pathGlob !== undefined || budgetMs !== undefined;
}
