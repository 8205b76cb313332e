import { EventEmitter } from "node:events";
import type { LineBook } from "./line-book.ts";

/** The terminal that is painted on. `process.stdout` fits. */
export interface PaintedTerminal {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

export interface FramePainter {
  /** What Ink believes to be its terminal: each write is a whole frame. */
  readonly stdout: NodeJS.WriteStream;
  /** Paints the last frame again, all of it: something else wrote on the terminal. */
  repaint(): void;
  /** Lets the next frame be painted whole: the last one was drawn for another size, whose lines would wrap, and the screen scroll. */
  forget(): void;
}

const CLEAR_FROM_HERE = "\u001b[J";
const CLEAR_TO_LINE_END = "\u001b[K";
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
/** Terminals that know these show all in between at once; others ignore them. */
const BEGIN_FRAME = "\u001b[?2026h";
const END_FRAME = "\u001b[?2026l";

/**
 * Paints frames from the terminal's first row on, and of each only the lines that differ from the frame before. Ink's
 * own painters do not do for a full screen: one clears all of it for each frame, which flickers, and the incremental one
 * (ink 6.8.0, log-update.js) writes changed lines one row too low. Ink's debug mode hands out whole frames instead.
 *
 * @param book what the frames' rows are marks of.
 * @param cursorOf where the cursor belongs, from 0, 0; `null` hides it.
 */
export function createFramePainter(terminal: PaintedTerminal, book: LineBook, cursorOf: () => { readonly x: number; readonly y: number } | null): FramePainter {
  let lines: readonly string[] = [];
  let painted: readonly (string | null)[] = [];
  let cursorPainted = "";

  function paint(): void {
    let changes = "";
    const count = Math.min(lines.length, terminal.rows ?? lines.length);
    for (let row = 0; row < count; row++) {
      if (lines[row] !== painted[row]) changes += `${moveTo(0, row)}${lines[row]}${CLEAR_TO_LINE_END}`;
    }
    if (painted.length > count) changes += `${moveTo(0, count)}${CLEAR_FROM_HERE}`;
    painted = lines.slice(0, count);
    const cursor = cursorOf();
    const cursorCode = cursor === null ? HIDE_CURSOR : `${moveTo(cursor.x, cursor.y)}${SHOW_CURSOR}`;
    if (changes === "" && cursorCode === cursorPainted) return;
    cursorPainted = cursorCode;
    // One write, so that no half-painted frame is ever seen.
    terminal.write(`${BEGIN_FRAME}${HIDE_CURSOR}${changes}${cursorCode}${END_FRAME}`);
  }

  function forget(): void {
    // A row that is not known differs from every line.
    painted = Array.from({ length: terminal.rows ?? lines.length + 1 }, () => null);
    cursorPainted = "";
  }

  const stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    writable: true,
    columns: 1,
    write(frame: string): boolean {
      // Ink's own escape sequences (it shows the cursor when it ends) are no frames.
      if (!frame.startsWith("\u001b[?")) {
        lines = book.read(frame);
        paint();
      }
      return true;
    },
  });
  return {
    // Ink uses no more of a stream than this. It fills every cell of its width with a space first: marks need one column.
    stdout: stdout as unknown as NodeJS.WriteStream,
    repaint() {
      forget();
      paint();
    },
    forget,
  };
}

function moveTo(x: number, y: number): string {
  return `\u001b[${y + 1};${x + 1}H`;
}
