import type { PaintStream } from "../../src/reporters/painted-line.ts";
import type { Terminal } from "../../src/reporters/terminal.ts";
import { plainTerminal } from "../reporters/sample-result.ts";

/** A progress line on a terminal, or elsewhere, with all that it writes. */
export function watchLine<Progress>(
  create: (options: { readonly stream: PaintStream; readonly terminal: Terminal }) => Progress,
  { columns = 80, isTerminal = true }: { readonly columns?: number; readonly isTerminal?: boolean } = {},
) {
  const writes: string[] = [];
  const stream = { columns, write: (text: string) => writes.push(text) };
  const progress = create({ stream, terminal: plainTerminal(columns, { isTerminal }) });
  /** What stands on the terminal's last line. */
  const shown = () => writes.at(-1)?.split("\u001b[J").at(-1) ?? "";
  return { progress, writes, shown };
}
