import type { DocumentBlock } from "../../domain/document.ts";
import type { DocumentReader } from "../../ports/document-reader.ts";
import { findHeader, sniffDelimiter } from "./csv-dialect.ts";
import { extensionsOf, titleOfPath } from "./formats.ts";
import { damaged, readSourceText } from "./source-text.ts";

export const csvReader: DocumentReader = {
  format: "csv",
  extensions: extensionsOf("csv"),
  async read(file) {
    const { text, encoding, warnings } = readSourceText(file);
    const { path } = file;
    const delimiter = sniffDelimiter(text, /\.(?:tsv|tab)$/i.test(path) ? "\t" : ",");
    const parsed = await parseRows(text, delimiter, path);
    const { blocks, ragged } = recordBlocks(parsed.rows);
    const found = [...warnings, ...parsed.warnings];
    if (ragged.length > 0) {
      const rows = ragged.length === 1 ? "1 row has" : `${ragged.length} rows have`;
      found.push(`${path}: ${rows} more or fewer cells than the header, the first on line ${ragged[0]}`);
    }
    return { title: titleOfPath(path), format: "csv", blocks, encoding, warnings: found };
  },
};

interface ParsedRows {
  readonly rows: readonly (readonly string[])[];
  readonly warnings: readonly string[];
}

async function parseRows(text: string, delimiter: string, path: string): Promise<ParsedRows> {
  const { parse } = await import("csv-parse/sync");
  const tolerant = {
    delimiter,
    record_delimiter: "\n",
    relax_column_count: true,
    relax_quotes: true,
    // Empty lines come as rows of one empty cell, so that lines can be counted.
    skip_empty_lines: false,
  };
  try {
    return { rows: parse(text, tolerant), warnings: [] };
  } catch {
    // A quote that is never closed swallows the rest of the file: without quotes, every line is a row again.
    try {
      const warning = `${path}: a quotation mark is never closed, so quotation marks were read as text`;
      return { rows: parse(text, { ...tolerant, quote: null }), warnings: [warning] };
    } catch (error) {
      throw damaged(path, error);
    }
  }
}

function recordBlocks(rows: readonly (readonly string[])[]): { blocks: DocumentBlock[]; ragged: number[] } {
  const header = findHeader(rows.filter(isFilled).slice(0, 200));
  const blocks: DocumentBlock[] = [];
  const ragged: number[] = [];
  let line = 1;
  let row = 0;
  let headerIsAhead = header !== undefined;
  for (const cells of rows) {
    const startLine = line;
    line += 1 + cells.reduce((sum, cell) => sum + cell.split("\n").length - 1, 0);
    if (!isFilled(cells)) continue;
    if (headerIsAhead) {
      headerIsAhead = false;
      continue;
    }
    row++;
    if (header !== undefined && cells.length !== header.length) ragged.push(startLine);
    blocks.push({ kind: "record", text: recordText(cells, header), startLine, endLine: line - 1, row });
  }
  return { blocks, ragged };
}

function isFilled(cells: readonly string[]): boolean {
  return cells.some((cell) => /\S/.test(cell));
}

/** "column: value", a line each. Empty cells say nothing; cells beyond the header stand without a name. */
function recordText(cells: readonly string[], header: readonly string[] | undefined): string {
  return cells
    .flatMap((cell, position) => {
      const value = cell.trim();
      const column = header?.[position] ?? "";
      if (value === "") return [];
      return [column === "" ? value : `${column}: ${value}`];
    })
    .join("\n");
}
