import { stripVTControlCharacters } from "node:util";
import { shortenEnd } from "./fit-text.ts";
import { widthOf } from "./style.ts";

/** A stream that shows one line which is painted over and over: a terminal's stderr. */
export interface PaintStream {
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** The last line of a terminal, repainted at most ten times a second, and gone without a trace when it is cleared. */
export interface PaintedLine {
  /** Asks for a repaint: soon, not necessarily now. */
  refresh(): void;
  /** Puts a line of talk above, where it stays. */
  printAbove(line: string): void;
  /** Takes the line away. A later `refresh` brings it back. */
  clear(): void;
}

export interface PaintedLineOptions {
  readonly stream: PaintStream;
  readonly ellipsis: string;
  /** Columns where the stream does not tell. */
  readonly columns: number;
  /** Draws the line for a width; "" paints nothing. Wider lines are cut. */
  readonly draw: (columns: number) => string;
}

const REPAINT_MS = 100;

export function createPaintedLine({ stream, ellipsis, columns, draw }: PaintedLineOptions): PaintedLine {
  let paintedWidth = 0;
  let paintedAt = Number.NEGATIVE_INFINITY;
  let waiting: NodeJS.Timeout | undefined;

  function columnsNow(): number {
    return stream.columns || columns;
  }

  /** Back to the start of what is painted: a window that became narrower has broken it into several rows. */
  function eraser(): string {
    if (paintedWidth === 0) return "";
    const rowsAbove = Math.ceil(paintedWidth / columnsNow()) - 1;
    return `${rowsAbove > 0 ? `\u001b[${rowsAbove}A` : ""}\r\u001b[J`;
  }

  function paint(): void {
    clearTimeout(waiting);
    waiting = undefined;
    paintedAt = performance.now();
    // One column stays free: a full row would make some terminals wrap.
    const width = columnsNow() - 1;
    const drawn = draw(width);
    const fits = widthOf(drawn) <= width;
    // A cut could fall inside an escape sequence: a line that is cut has no colours.
    const line = fits ? drawn : shortenEnd(stripVTControlCharacters(drawn), width, ellipsis);
    // One write, so that no half-painted line is ever seen.
    stream.write(`${eraser()}${line}`);
    paintedWidth = widthOf(line);
  }

  return {
    refresh() {
      if (waiting !== undefined) return;
      const wait = paintedAt + REPAINT_MS - performance.now();
      if (wait <= 0) {
        paint();
        return;
      }
      waiting = setTimeout(paint, wait);
      waiting.unref();
    },
    printAbove(line) {
      stream.write(`${eraser()}${line}\n`);
      const wasPainted = paintedWidth > 0;
      paintedWidth = 0;
      if (wasPainted) paint();
    },
    clear() {
      clearTimeout(waiting);
      waiting = undefined;
      if (paintedWidth > 0) stream.write(eraser());
      paintedWidth = 0;
      paintedAt = Number.NEGATIVE_INFINITY;
    },
  };
}
