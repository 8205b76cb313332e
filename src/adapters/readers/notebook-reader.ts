import { SkippedDocument } from "../../domain/errors.ts";
import type { DocumentBlock } from "../../domain/document.ts";
import type { DocumentReader } from "../../ports/document-reader.ts";
import { codeBlocks } from "./code-blocks.ts";
import { extensionsOf, titleOfPath } from "./formats.ts";
import { entryLines, type LineRange } from "./json-lines.ts";
import { isJsonObject, type JsonObject } from "./json-text.ts";
import { parseMarkdown } from "./markdown-blocks.ts";
import { damaged, readSourceText } from "./source-text.ts";
import { paragraphBlocks } from "./text-blocks.ts";

/** Longer outputs are tables and logs: they would drown what was written. */
const MAX_OUTPUT_CHARS = 1000;

export const notebookReader: DocumentReader = {
  format: "notebook",
  extensions: extensionsOf("notebook"),
  async read(file) {
    const { text, encoding, warnings } = readSourceText(file);
    const cells = parseCells(text, file.path);
    const ranges = entryLines(text).get("cells")?.elements ?? [];
    const fileLines = text.split("\n");
    const whole = { startLine: 1, endLine: fileLines.length };
    const blocks: DocumentBlock[] = [];
    let title: string | undefined;
    for (const [position, cell] of cells.entries()) {
      const range = ranges[position] ?? whole;
      const source = joined(cell["source"] ?? cell["input"]);
      const sourceLine = firstSourceLine(fileLines, range);
      const inFile = (block: DocumentBlock): DocumentBlock => ({ ...block, ...linesInFile(block, sourceLine, range) });
      if (cell["cell_type"] === "markdown") {
        const parsed = await parseMarkdown(source);
        title ??= parsed.title;
        blocks.push(...parsed.blocks.map(inFile));
      } else if (cell["cell_type"] === "code") {
        blocks.push(...codeBlocks(source).map(inFile));
        for (const output of shortOutputs(cell)) blocks.push({ kind: "code", text: output, ...range });
      } else {
        blocks.push(...paragraphBlocks(source).map(inFile));
      }
    }
    if (blocks.length === 0) throw new SkippedDocument("no-text", `${file.path} has no cell with text`);
    return { title: title ?? titleOfPath(file.path), format: "notebook", blocks, encoding, warnings };
  },
};

function parseCells(text: string, path: string): JsonObject[] {
  let notebook: unknown;
  try {
    notebook = JSON.parse(text);
  } catch (error) {
    throw damaged(path, error);
  }
  if (isJsonObject(notebook)) {
    if (Array.isArray(notebook["cells"])) return notebook["cells"].filter(isJsonObject);
    // Format 3, up to 2014, keeps its cells in worksheets.
    const worksheets: unknown = notebook["worksheets"];
    if (Array.isArray(worksheets)) {
      return worksheets.filter(isJsonObject).flatMap((sheet) => (Array.isArray(sheet["cells"]) ? sheet["cells"].filter(isJsonObject) : []));
    }
  }
  throw new SkippedDocument("damaged", `${path} has no cells: it is no Jupyter notebook`);
}

/** Notebooks keep text as one string or as a list of lines with their line breaks. */
function joined(source: unknown): string {
  const text = Array.isArray(source) ? source.join("") : typeof source === "string" ? source : "";
  return text.replaceAll("\r\n", "\n");
}

function* shortOutputs(cell: JsonObject): Generator<string> {
  const outputs = Array.isArray(cell["outputs"]) ? cell["outputs"].filter(isJsonObject) : [];
  for (const output of outputs) {
    const data = isJsonObject(output["data"]) ? output["data"] : output;
    const text = joined(output["output_type"] === "stream" ? output["text"] : data["text/plain"]).trim();
    if (text !== "" && text.length <= MAX_OUTPUT_CHARS) yield text;
  }
}

/** Where a cell's text begins, when its lines stand one below the other in the file, as Jupyter writes them. */
function firstSourceLine(fileLines: readonly string[], { startLine, endLine }: LineRange): number | undefined {
  for (let line = startLine; line <= endLine; line++) {
    if (/^\s*"(?:source|input)"\s*:\s*\[\s*$/.test(fileLines[line - 1]!)) return line + 1;
  }
  return undefined;
}

function linesInFile(block: LineRange, sourceLine: number | undefined, cell: LineRange): LineRange {
  if (sourceLine === undefined) return { startLine: cell.startLine, endLine: cell.endLine };
  return { startLine: sourceLine + block.startLine - 1, endLine: sourceLine + block.endLine - 1 };
}
