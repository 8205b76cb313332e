import type { DocumentBlock, ParsedDocument } from "./document.ts";

/** The document's title, or one of its headings. */
export interface Heading {
  /** White space collapsed. */
  readonly text: string;
  /** The block that it stands in; none for a title that is no heading of the text. */
  readonly block?: DocumentBlock;
}

/** A heading and the blocks up to the next one. */
export interface Section {
  /** From the title down to the section's own heading, no text twice. Without its own where the heading is all it has. */
  readonly path: readonly Heading[];
  /** The section's own heading, unless it repeats one above it (a first heading often repeats the title). */
  readonly own?: Heading;
  readonly blocks: readonly DocumentBlock[];
}

/** Cuts a document at its headings. Blank blocks are left out; so are sections without text whose subsections follow. */
export function sectionsOf({ title, blocks }: ParsedDocument): Section[] {
  const sections: Section[] = [];
  const open: { readonly level: number; readonly path: readonly Heading[] }[] = [];
  const titlePath = collapse(title) === "" ? [] : [{ text: collapse(title) }];
  let current: { path: readonly Heading[]; own?: Heading; blocks: DocumentBlock[] } = { path: titlePath, blocks: [] };
  sections.push(current);
  for (const block of blocks) {
    if (block.kind !== "heading") {
      if (/\S/.test(block.text)) current.blocks.push(block);
      continue;
    }
    const text = collapse(block.text);
    if (text === "") continue;
    const level = block.level ?? 1;
    while (open.length > 0 && open.at(-1)!.level >= level) open.pop();
    const parentPath = open.at(-1)?.path ?? titlePath;
    const own = { text, block };
    const repeats = parentPath.some((heading) => heading.text === text);
    const path = repeats ? parentPath : [...parentPath, own];
    open.push({ level, path });
    current = { path, ...(!repeats && { own }), blocks: [] };
    sections.push(current);
  }
  return sections.flatMap((section, position) => {
    const { path, own, blocks: inside } = section;
    if (inside.length > 0) return [section];
    if (own === undefined || sections[position + 1]?.path.includes(own)) return [];
    return [{ ...section, path: path.slice(0, -1) }];
  });
}

/** How many headings two paths share, from the title down. */
export function sharedDepth(a: readonly Heading[], b: readonly Heading[]): number {
  let depth = 0;
  while (depth < a.length && depth < b.length && a[depth] === b[depth]) depth += 1;
  return depth;
}

function collapse(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}
