import type { DocumentBlock } from "../../domain/document.ts";

export interface TableRow {
  readonly cells: readonly string[];
  readonly startLine: number;
  readonly endLine: number;
}

/** One block per row, cells parted by bars. The header row goes into every block instead of being one. */
export function tableRowBlocks(rows: readonly TableRow[], firstRowIsHeader: boolean): DocumentBlock[] {
  const [first, ...rest] = rows;
  if (first === undefined) return [];
  const body = firstRowIsHeader ? rest : rows;
  const header = rowText(first.cells);
  // A table that is only a header still says something.
  if (body.length === 0) return header === "" ? [] : [{ kind: "table-row", text: header, startLine: first.startLine, endLine: first.endLine }];
  return body.flatMap(({ cells, startLine, endLine }): DocumentBlock[] => {
    const text = rowText(cells);
    if (text === "") return [];
    const block: DocumentBlock = { kind: "table-row", text, startLine, endLine };
    return [firstRowIsHeader && header !== "" ? { ...block, tableHeader: header } : block];
  });
}

/** Empty cells keep their bars, so that the others stay under their header. */
function rowText(cells: readonly string[]): string {
  const cleaned = cells.map((cell) => cell.replace(/\s+/g, " ").trim());
  return cleaned.every((cell) => cell === "") ? "" : cleaned.join(" | ");
}
