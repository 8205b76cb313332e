export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** From here on the two orders stand beside each other. */
const TWO_COLUMNS_FROM = 100;
/** From here on an open passage stands beside the list. */
const BESIDE_FROM = 140;
/** Longer lines are hard to follow with the eye. */
const MOST_DETAIL_COLUMNS = 96;
const LEAST_DETAIL_COLUMNS = 56;
/** Between the list and the passage beside it. */
export const SEPARATOR_COLUMNS = 3;
const PREVIEW_FROM_ROWS = 14;
const MOST_PREVIEW_LINES = 4;

export interface LayoutRequest {
  readonly size: ScreenSize;
  /** Instruction, filter or budget are set. */
  readonly hasConditions: boolean;
  readonly isDetailOpen: boolean;
  /** Lines of the message, uncut. */
  readonly messageLines: number;
}

/** What goes where. All lines together are as many as the terminal has rows, at least six. */
export interface Layout {
  /** Columns for text: one is left free at the right, where some terminals would wrap. */
  readonly columns: number;
  readonly headerLines: number;
  readonly conditionLines: number;
  /** A blank line below the query, where there is room. */
  readonly hasBreath: boolean;
  readonly bodyRows: number;
  readonly messageLines: number;
  /** 0 where an open passage takes the list's place. */
  readonly listColumns: number;
  readonly hasTwoOrders: boolean;
  /** Rows of the list below its title. */
  readonly listRows: number;
  /** The selected passage in brief, below the list; its rule is not counted. */
  readonly previewLines: number;
  /** 0 where no passage is open. */
  readonly detailColumns: number;
}

export function layoutOf({ size, hasConditions, isDetailOpen, messageLines }: LayoutRequest): Layout {
  const columns = Math.max(8, size.columns - 1);
  const rows = Math.max(6, size.rows);
  const headerLines = size.columns >= TWO_COLUMNS_FROM || rows < 16 ? 1 : 2;
  const conditionLines = hasConditions && rows >= 12 ? 1 : 0;
  const hasBreath = rows >= 20;
  // The query, the status and the keys take a line each; a title and two results must stay visible.
  const room = rows - headerLines - conditionLines - (hasBreath ? 1 : 0) - 3;
  const shownMessageLines = Math.min(messageLines, Math.max(1, Math.min(4, room - 3)));
  const bodyRows = room - shownMessageLines;
  const isBeside = isDetailOpen && size.columns >= BESIDE_FROM;
  const detailColumns = !isDetailOpen ? 0 : isBeside ? Math.min(MOST_DETAIL_COLUMNS, Math.max(LEAST_DETAIL_COLUMNS, Math.floor(columns * 0.4))) : Math.min(columns, MOST_DETAIL_COLUMNS);
  const listColumns = isBeside ? columns - detailColumns - SEPARATOR_COLUMNS : isDetailOpen ? 0 : columns;
  const previewLines = !isDetailOpen && bodyRows >= PREVIEW_FROM_ROWS ? Math.min(MOST_PREVIEW_LINES, Math.floor(bodyRows / 6)) : 0;
  return {
    columns,
    headerLines,
    conditionLines,
    hasBreath,
    bodyRows,
    messageLines: shownMessageLines,
    listColumns,
    hasTwoOrders: listColumns >= TWO_COLUMNS_FROM - 1,
    listRows: bodyRows - 1 - (previewLines === 0 ? 0 : previewLines + 1),
    previewLines,
    detailColumns,
  };
}

/** The first row shown of a list, so that the selected one is in the middle, or as near as the list's ends allow. */
export function topOf(selected: number, count: number, rows: number): number {
  return Math.max(0, Math.min(selected - Math.floor((rows - 1) / 2), count - rows));
}
