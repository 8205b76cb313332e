import type { CheerioAPI } from "cheerio";
import type { DocumentBlock } from "../../domain/document.ts";
import { findHeader } from "./csv-dialect.ts";
import { tableRowBlocks, type TableRow } from "./table-rows.ts";

type HtmlNode = ReturnType<CheerioAPI["root"]>[0]["children"][number];
type HtmlElement = Extract<HtmlNode, { readonly attribs: unknown }>;

export interface ParsedHtml {
  /** From the title element, else the first h1. */
  readonly title: string | undefined;
  readonly blocks: readonly DocumentBlock[];
}

/** Never part of what a page says. */
const DROPPED =
  "head, script, style, noscript, template, nav, footer, aside, iframe, object, svg, canvas, audio, video, button, input, select, textarea, dialog, " +
  "[hidden], [aria-hidden=true], [role=navigation], [role=banner], [role=contentinfo], [role=complementary], [role=search]";

const BLOCKS = new Set(
  "address article blockquote body details div dl fieldset figcaption figure form header hr html legend main ol p section summary ul center".split(" "),
);
/** The parser's time is quadratic in the depth; pages that people made stay below 100. */
const MAX_DEPTH = 2000;
const ITEMS = new Set(["li", "dt", "dd"]);

/**
 * A function that turns HTML into blocks: of the main content where the page marks it, else of the whole body, without
 * navigation and the like. Its second argument is the line number of the text's first line in its file.
 */
export async function loadHtmlParser(): Promise<(html: string, firstLine: number) => ParsedHtml> {
  const { load } = await import("cheerio");
  return (html, firstLine) => {
    if (nestsDeeperThan(html, MAX_DEPTH)) throw new Error(`elements are nested deeper than ${MAX_DEPTH} levels`);
    const $ = load(html, { sourceCodeLocationInfo: true });
    const titleElement = $("head > title").get(0);
    const title = titleElement === undefined ? "" : collapse(textBelow(titleElement));
    $(DROPPED).remove();
    const blocks = blocksBelow(mainContent($), firstLine);
    return { title: title || blocks.find(({ kind, level }) => kind === "heading" && level === 1)?.text, blocks };
  };
}

/** Counts the tags of elements that must be closed, which is close enough for a limit. */
function nestsDeeperThan(html: string, limit: number): boolean {
  let depth = 0;
  for (const [, slash, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)\b/gi)) {
    if (UNCLOSED.test(name!)) continue;
    depth = slash === "" ? depth + 1 : Math.max(0, depth - 1);
    if (depth > limit) return true;
  }
  return false;
}

const UNCLOSED = /^(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|p|li|dt|dd|tr|td|th|thead|tbody|tfoot|option|path|circle|rect|line|use)$/i;

function mainContent($: CheerioAPI): HtmlNode | undefined {
  for (const selector of ["main", "[role=main]", "article"]) {
    const [first, ...others] = $(selector).toArray();
    // Several articles are a list of them, and the page is about all.
    if (first !== undefined && others.length === 0 && /\S/.test(textBelow(first))) return first;
  }
  return $("body").get(0);
}

/** Walks with its own stack: generated pages nest deeper than the call stack. */
function blocksBelow(root: HtmlNode | undefined, firstLine: number): DocumentBlock[] {
  const blocks: DocumentBlock[] = [];
  const paragraph = createParagraph(firstLine);
  const itemMarks: string[] = [];
  const nextNumbers = new Map<HtmlNode, number>();
  const waiting: { readonly node: HtmlNode; readonly leaving?: boolean }[] = root === undefined ? [] : [{ node: root }];

  function endParagraph(): void {
    const finished = paragraph.take();
    const mark = itemMarks.at(-1);
    if (finished === undefined) return;
    if (mark === undefined) blocks.push({ kind: "paragraph", ...finished });
    else {
      blocks.push({ kind: "list-item", ...finished, text: `${mark}${finished.text}` });
      // Only an item's first line carries its number.
      itemMarks[itemMarks.length - 1] = "";
    }
  }

  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, leaving } = next;
    if (isText(node)) {
      paragraph.add(node.data, node.sourceCodeLocation?.startLine ?? 1);
      continue;
    }
    if (!isElement(node)) continue;
    const { name } = node;
    const lines = linesOf(node, firstLine);
    if (name === "br") paragraph.add("\u2028", node.sourceCodeLocation?.startLine ?? 1);
    else if (name === "img") paragraph.add(node.attribs["alt"] ?? "", node.sourceCodeLocation?.startLine ?? 1);
    else if (/^h[1-6]$/.test(name)) {
      endParagraph();
      const text = collapse(textBelow(node));
      if (text !== "") blocks.push({ kind: "heading", text, level: Number(name[1]), ...lines });
    } else if (name === "pre") {
      endParagraph();
      const text = textBelow(node).replace(/^\n/, "").trimEnd();
      if (text !== "") blocks.push({ kind: "code", text, ...lines });
    } else if (name === "table" && isDataTable(node)) {
      endParagraph();
      blocks.push(...tableBlocks(node, firstLine));
    } else if (leaving === true) {
      endParagraph();
      if (ITEMS.has(name)) itemMarks.pop();
    } else {
      const isItem = ITEMS.has(name);
      if (isItem || BLOCKS.has(name)) {
        endParagraph();
        waiting.push({ node, leaving: true });
      }
      if (isItem) itemMarks.push(node.parent !== null && isElement(node.parent) && node.parent.name === "ol" ? itemNumber(node.parent) : "");
      for (const child of node.children.toReversed()) waiting.push({ node: child });
    }
  }
  endParagraph();
  return blocks;

  function itemNumber(list: HtmlElement): string {
    const number = nextNumbers.get(list) ?? (Number(list.attribs["start"] ?? 1) || 1);
    nextNumbers.set(list, number + 1);
    return `${number}. `;
  }
}

/** Collects the inline text of one paragraph, with the lines that it stands on. */
function createParagraph(firstLine: number) {
  let pieces: string[] = [];
  let startLine = 0;
  let endLine = 0;
  return {
    add(piece: string, line: number): void {
      const text = piece.trim();
      if (text !== "") {
        const first = line + newlines(piece.slice(0, piece.indexOf(text)));
        if (startLine === 0) startLine = first;
        endLine = first + newlines(text);
      }
      pieces.push(piece);
    },
    take(): { text: string; startLine: number; endLine: number } | undefined {
      const text = collapse(pieces.join("")).replace(/ *\u2028 */g, "\n").trim();
      const taken = { text, startLine: startLine + firstLine - 1, endLine: endLine + firstLine - 1 };
      pieces = [];
      startLine = 0;
      return text === "" ? undefined : taken;
    },
  };
}

/** A table inside a table, or one of a single column, only places things on the page. */
function isDataTable(table: HtmlElement): boolean {
  const elements = [...elementsBelow(table)];
  if (elements.some(({ name }) => name === "table")) return false;
  return elements.some(({ name, children }) => name === "tr" && children.filter(isCell).length > 1);
}

function tableBlocks(table: HtmlElement, firstLine: number): DocumentBlock[] {
  const elements = [...elementsBelow(table)];
  const caption = elements.find(({ name }) => name === "caption");
  const captionText = caption === undefined ? "" : collapse(textBelow(caption));
  const rowElements = elements.filter(({ name }) => name === "tr");
  const rows = rowElements.map((row): TableRow => ({ cells: row.children.filter(isCell).map(textBelow), ...linesOf(row, firstLine) }));
  const firstCells = rowElements[0]?.children.filter(isCell) ?? [];
  // A header cell at the start of every row names the row; a header row holds nothing else. Word and old pages mark none:
  // there the words decide, and two columns are as often pairs of a name and a value.
  const isMarked = elements.some(({ name }) => name === "th");
  const hasHeader = isMarked ? firstCells.every(({ name }) => name === "th") : firstCells.length > 2 && findHeader(rows.map(({ cells }) => cells)) !== undefined;
  const blocks = tableRowBlocks(rows, hasHeader);
  if (caption === undefined || captionText === "") return blocks;
  return [{ kind: "paragraph", text: captionText, ...linesOf(caption, firstLine) }, ...blocks];
}

function isCell(node: HtmlNode): node is HtmlElement {
  return isElement(node) && (node.name === "td" || node.name === "th");
}

function* nodesBelow(root: HtmlNode): Generator<HtmlNode> {
  const waiting: HtmlNode[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node !== root) yield node;
    if ("children" in node) for (const child of node.children.toReversed()) waiting.push(child);
  }
}

function* elementsBelow(root: HtmlNode): Generator<HtmlElement> {
  for (const node of nodesBelow(root)) if (isElement(node)) yield node;
}

function textBelow(root: HtmlNode): string {
  let text = "";
  for (const node of nodesBelow(root)) {
    if (isText(node)) text += node.data;
    else if (isElement(node) && (node.name === "br" || BLOCKS.has(node.name))) text += "\n";
  }
  return text;
}

function isText(node: HtmlNode): node is Extract<HtmlNode, { readonly data: string }> {
  return node.type === "text";
}

function isElement(node: HtmlNode): node is HtmlElement {
  return node.type === "tag";
}

function linesOf(node: HtmlElement, firstLine: number): { startLine: number; endLine: number } {
  const location = node.sourceCodeLocation;
  return { startLine: (location?.startLine ?? 1) + firstLine - 1, endLine: (location?.endLine ?? 1) + firstLine - 1 };
}

/** White space as a browser shows it. U+2028 stands for <br> until the paragraph is whole. */
function collapse(text: string): string {
  return text.replace(/[ \t\n\r\f\u00A0]+/g, " ").trim();
}

function newlines(text: string): number {
  return text.split("\n").length - 1;
}
