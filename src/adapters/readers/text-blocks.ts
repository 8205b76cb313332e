import type { DocumentBlock } from "../../domain/document.ts";

/** Paragraphs of plain text, parted by blank lines. Line breaks inside stay: they may be verse, or a table drawn by hand. */
export function paragraphBlocks(text: string, firstLine = 1): DocumentBlock[] {
  const blocks: DocumentBlock[] = [];
  const lines = text.split("\n");
  let start = 0;
  for (let position = 0; position <= lines.length; position++) {
    const line = lines[position];
    if (line !== undefined && /\S/.test(line)) continue;
    if (position > start) {
      const paragraph = lines.slice(start, position).map((part) => part.trimEnd()).join("\n");
      blocks.push({ kind: "paragraph", text: paragraph, startLine: firstLine + start, endLine: firstLine + position - 1 });
    }
    start = position + 1;
  }
  return blocks;
}
