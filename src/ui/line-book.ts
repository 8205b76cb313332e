/**
 * Carries painted lines past Ink, which would take each of them apart into characters and put them together again for
 * every frame: at 200x60 that is 60 of 65 ms (bench/screen.js). Ink lays out one mark for each line instead.
 */
export interface LineBook {
  /** The mark that stands for a line until the next frame is read. */
  put(line: string): string;
  /** The lines of a frame whose rows are marks. */
  read(frame: string): readonly string[];
}

/** Supplementary private use area A: no text that reaches a frame by itself is made of these. */
const FIRST_MARK = 0xf0000;

export function createLineBook(): LineBook {
  let lines: string[] = [];
  return {
    put(line) {
      lines.push(line);
      return String.fromCodePoint(FIRST_MARK + lines.length - 1);
    },
    read(frame) {
      const read = frame.split("\n").map((row) => lines[(row.codePointAt(0) ?? 0) - FIRST_MARK] ?? "");
      lines = [];
      return read;
    },
  };
}
