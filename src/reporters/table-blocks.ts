import { wrapLines } from "./fit-text.ts";
import { padEnd, padStart, widest, widthOf } from "./style.ts";

export interface TableColumn {
  readonly title: string;
  /** One a row; may carry colours. */
  readonly cells: readonly string[];
  /** Text begins at the left, numbers end at the right. */
  readonly isText: boolean;
  /** Columns of a kind go to the next block together where they do not fit all. */
  readonly group: string;
}

export interface TableOptions {
  /** Title and names of the rows. Without colours: a long one goes on below itself. */
  readonly labels: { readonly title: string; readonly cells: readonly string[] };
  readonly columns: readonly TableColumn[];
  /** Columns of the terminal. */
  readonly width: number;
  readonly paintTitles: (line: string) => string;
  /** A column for the room that the last block leaves; `undefined` where it has no use for so little. */
  readonly fill?: (width: number) => TableColumn | undefined;
}

const GAP = "  ";
/** Names may take this share of the width, and always this much: the numbers must fit beside them. */
const LABEL_SHARE = 0.35;
const LEAST_LABEL_COLUMNS = 10;

/** A table as lines. Columns that do not fit stand in further blocks below, each with the names of the rows; nothing is cut. */
export function tableBlocks({ labels, columns, width, paintTitles, fill }: TableOptions): string[] {
  const labelWidth = Math.min(widest([labels.title, ...labels.cells]), Math.max(LEAST_LABEL_COLUMNS, Math.floor(width * LABEL_SHARE)));
  const blocks = blocksOf(columns, width - labelWidth);
  const last = blocks.at(-1);
  const left = width - labelWidth - totalWidth(last ?? []) - GAP.length;
  const filling = fill?.(left);
  if (filling !== undefined) last?.push(filling);
  return blocks.flatMap((block, position) => [...(position === 0 ? [] : [""]), ...blockLines(labels, block, labelWidth, paintTitles)]);
}

/** As many columns as fit in each; a group that would be torn begins the next block. */
function blocksOf(columns: readonly TableColumn[], width: number): TableColumn[][] {
  const blocks: TableColumn[][] = [];
  for (const [position, column] of columns.entries()) {
    const isFirstOfGroup = columns[position - 1]?.group !== column.group;
    const next = isFirstOfGroup ? columns.filter(({ group }) => group === column.group) : [column];
    const block = blocks.at(-1);
    if (block !== undefined && totalWidth([...block, ...next]) <= width) block.push(column);
    else blocks.push([column]);
  }
  return blocks;
}

function blockLines(labels: TableOptions["labels"], block: readonly TableColumn[], labelWidth: number, paintTitles: (line: string) => string): string[] {
  const line = (label: string, cellOf: (column: TableColumn) => string) =>
    [padEnd(label, labelWidth), ...block.map((column) => (column.isText ? padEnd : padStart)(cellOf(column), widthOfColumn(column)))].join(GAP).trimEnd();
  const rows = labels.cells.flatMap((label, row) => {
    // A label that fits keeps the spaces that it begins with: they put numbers below each other.
    const wrapped = widthOf(label) <= labelWidth ? [label] : wrapLines(label, labelWidth).map(({ start, end }) => label.slice(start, end));
    const [first = "", ...below] = wrapped;
    return [line(first, ({ cells }) => cells[row] ?? ""), ...below];
  });
  return [paintTitles(line(labels.title, ({ title }) => title)), ...rows];
}

function totalWidth(columns: readonly TableColumn[]): number {
  return columns.reduce((sum, column) => sum + GAP.length + widthOfColumn(column), 0);
}

function widthOfColumn({ title, cells }: TableColumn): number {
  return widest([title, ...cells]);
}
