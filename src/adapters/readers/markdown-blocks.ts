import type { Nodes, Parents, Table } from "mdast";
import type { DocumentBlock } from "../../domain/document.ts";
import { splitMarkdown, withoutCostlyMarkup } from "./markdown-sections.ts";
import { tableRowBlocks } from "./table-rows.ts";
import { paragraphBlocks } from "./text-blocks.ts";

export interface ParsedMarkdown {
  /** From the front matter, else the first heading of level 1. */
  readonly title: string | undefined;
  readonly blocks: readonly DocumentBlock[];
}

/** Front matter that says what a document is about; the rest of it (layout, date) is for machines. */
const SUMMARY_KEYS = ["description", "summary", "abstract", "tags", "keywords"];

/** GitHub's Markdown with YAML or TOML front matter, in blocks. */
export async function parseMarkdown(source: string): Promise<ParsedMarkdown> {
  const parse = await loadParser();
  const blocks: DocumentBlock[] = [];
  let title: string | undefined;
  for (const section of splitMarkdown(withoutCostlyMarkup(source))) {
    if (section.isPlain) {
      blocks.push(...paragraphBlocks(section.text, section.firstLine));
      continue;
    }
    const tree = parse(section.text);
    const parseHtml = containsHtml(tree) ? await (await import("./html-blocks.ts")).loadHtmlParser() : undefined;
    for (const { node, listMark } of leafBlocks(tree)) {
      const startLine = section.firstLine - 1 + (node.position?.start.line ?? 1);
      const lines = { startLine, endLine: section.firstLine - 1 + (node.position?.end.line ?? 1) };
      if (node.type === "yaml" || isToml(node)) {
        title ??= frontMatterValue(node.value, "title");
        blocks.push({ kind: "record", text: frontMatterSummary(node.value), ...lines });
      } else if (node.type === "heading") {
        blocks.push({ kind: "heading", text: inlineText(node).replaceAll("\n", " "), level: node.depth, ...lines });
      } else if (node.type === "code") {
        blocks.push({ kind: "code", text: node.value, ...lines });
      } else if (node.type === "table") {
        blocks.push(...tableBlocks(node, section.firstLine));
      } else if (node.type === "html") {
        blocks.push(...(parseHtml?.(node.value, startLine).blocks ?? []));
      } else {
        const kind = listMark === undefined ? "paragraph" : "list-item";
        blocks.push({ kind, text: `${listMark ?? ""}${inlineText(node)}`, ...lines });
      }
    }
  }
  const readable = blocks.filter(({ text }) => /\S/.test(text));
  title ??= readable.find(({ kind, level }) => kind === "heading" && level === 1)?.text;
  return { title, blocks: readable };
}

async function loadParser() {
  const [{ fromMarkdown }, { gfm }, { gfmFromMarkdown }, { frontmatter }, { frontmatterFromMarkdown }] = await Promise.all([
    import("mdast-util-from-markdown"),
    import("micromark-extension-gfm"),
    import("mdast-util-gfm"),
    import("micromark-extension-frontmatter"),
    import("mdast-util-frontmatter"),
  ]);
  // Bare addresses are text to us either way; looking for them at every letter takes 40 % of the parser's time.
  const syntax = gfm();
  const constructs = Object.entries(syntax.text ?? {}).filter(([code]) => !/[\w.+-]/.test(String.fromCharCode(Number(code))));
  const extensions = [{ ...syntax, text: Object.fromEntries(constructs) }, frontmatter(["yaml", "toml"])];
  const toTree = gfmFromMarkdown().map((extension) => ({ ...extension, transforms: [] }));
  const mdastExtensions = [...toTree, frontmatterFromMarkdown(["yaml", "toml"])];
  return (text: string) => fromMarkdown(text, { extensions, mdastExtensions });
}

interface LeafBlock {
  readonly node: Nodes;
  /** Set for the first paragraph of a list item: its number or check box, or nothing for a plain bullet. */
  readonly listMark?: string;
}

/** Blocks that hold text themselves, in reading order; lists, items and quotes are walked through. */
function* leafBlocks(root: Parents): Generator<LeafBlock> {
  const waiting: LeafBlock[] = [{ node: root }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node } = next;
    if (node.type === "list") {
      const first = node.start ?? 1;
      node.children.forEach((_, order) => {
        const position = node.children.length - 1 - order;
        waiting.push({ node: node.children[position]!, listMark: node.ordered === true ? `${first + position}. ` : "" });
      });
    } else if (node.type === "listItem") {
      const box = typeof node.checked === "boolean" ? (node.checked ? "[x] " : "[ ] ") : "";
      node.children.toReversed().forEach((child, order) => {
        const isFirst = order === node.children.length - 1;
        waiting.push(isFirst && child.type === "paragraph" ? { node: child, listMark: `${next?.listMark ?? ""}${box}` } : { node: child });
      });
    } else if (node.type === "root" || node.type === "blockquote" || node.type === "footnoteDefinition") {
      for (const child of node.children.toReversed()) waiting.push({ node: child });
    } else if (node.type !== "definition" && node.type !== "thematicBreak") {
      yield next;
    }
  }
}

/** Text as a reader sees it: no markers, no addresses, no tags; pictures by their description. */
function inlineText(node: Nodes): string {
  if (node.type === "text" || node.type === "inlineCode") return node.value;
  if (node.type === "break") return "\n";
  if (node.type === "image" || node.type === "imageReference") return node.alt ?? "";
  return "children" in node ? node.children.map(inlineText).join("") : "";
}

function tableBlocks(table: Table, firstLine: number): DocumentBlock[] {
  const rows = table.children.map(({ children, position }) => {
    const line = firstLine - 1 + (position?.start.line ?? 1);
    return { cells: children.map(inlineText), startLine: line, endLine: line };
  });
  return tableRowBlocks(rows, true);
}

function containsHtml(root: Parents): boolean {
  for (const { node } of leafBlocks(root)) {
    if (node.type === "html") return true;
  }
  return false;
}

/** TOML front matter has no type in mdast: its extension declares none. */
function isToml(node: { readonly type: string }): node is { readonly type: "toml"; readonly value: string } {
  return node.type === "toml";
}

function frontMatterSummary(frontMatter: string): string {
  return SUMMARY_KEYS.flatMap((key) => {
    const value = frontMatterValue(frontMatter, key);
    return value === undefined ? [] : [`${key}: ${value}`];
  }).join("\n");
}

/** A scalar or an inline list at the top level; block lists one per line. Enough of YAML and TOML for a title and tags. */
function frontMatterValue(frontMatter: string, key: string): string | undefined {
  const found = new RegExp(`^${key}[ \\t]*[:=][ \\t]*(.*(?:\\n[ \\t]+\\S.*|\\n- .*)*)`, "im").exec(frontMatter)?.[1];
  if (found === undefined) return undefined;
  const lines = found.split("\n").map((line) => line.trim());
  const isList = lines.some((line) => line.startsWith("- "));
  const joined = lines
    .filter((line) => line !== "" && !/^[|>][+-]?$/.test(line))
    .map((line) => line.replace(/^- /, ""))
    .join(isList ? ", " : " ");
  const value = joined.replace(/^\[(.*)\]$/, "$1").replace(/^(["'])(.*)\1$/, "$2").trim();
  return value === "" ? undefined : value;
}
