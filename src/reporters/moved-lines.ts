import type { MovedDocument, MovedQuery } from "../domain/evaluation.ts";
import { MOST_MOVED_QUERIES } from "./comparison-wording.ts";
import { formatPoints } from "./evaluation-wording.ts";
import { shortenEnd, shortenStart } from "./fit-text.ts";
import { printableLine } from "./printable.ts";
import { createStyle, padEnd, padStart, widthOf, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

const DIGITS = 3;
const GAP = "  ";
const INDENT = "  ";
/** Text with less room than this beside the numbers goes below them. */
const LEAST_TEXT_COLUMNS = 28;
const MOST_ID_COLUMNS = 24;
const LEAST_ID_COLUMNS = 8;

/** Queries under a title, largest change first, each with the documents that explain it; nothing for none. */
export function movedLines(title: string, queries: readonly MovedQuery[], terminal: Terminal): string[] {
  if (queries.length === 0) return [];
  const style = createStyle(terminal);
  return [style.chalk.bold(title), ...queries.slice(0, MOST_MOVED_QUERIES).flatMap((query) => queryLines(query, terminal.columns, style))];
}

function queryLines({ queryId, text, fromNdcg10, toNdcg10, documents }: MovedQuery, columns: number, style: Style): string[] {
  const { chalk, glyphs } = style;
  const difference = toNdcg10 - fromNdcg10;
  const paint = difference < 0 ? chalk.red : chalk.green;
  const measures = `${fromNdcg10.toFixed(DIGITS)} ${glyphs.to} ${toNdcg10.toFixed(DIGITS)}`;
  const head = INDENT + paint(formatPoints(difference)) + GAP + chalk.dim(measures) + GAP + chalk.cyan(fittedId(queryId, columns, glyphs.ellipsis));
  return [...withText(head, oneLine(text), columns, style), ...documentLines(documents, columns, style)];
}

function documentLines(documents: readonly MovedDocument[], columns: number, style: Style): string[] {
  const { chalk, glyphs } = style;
  const rows = documents.map((document) => ({
    document,
    from: document.fromRank === null ? glyphs.none : String(document.fromRank),
    to: document.toRank === null ? glyphs.none : String(document.toRank),
    grade: `grade ${document.grade}`,
    id: fittedId(document.documentId, columns, glyphs.ellipsis),
  }));
  const widthOfCell = (cell: "from" | "to" | "grade" | "id") => Math.max(0, ...rows.map((row) => widthOf(row[cell])));
  return rows.flatMap(({ document, from, to, grade, id }) => {
    const move = `${padStart(from, widthOfCell("from"))} ${glyphs.to} ${padStart(to, widthOfCell("to"))}`;
    const head = INDENT.repeat(2) + moveColor(document, style)(move) + GAP + chalk.dim(padEnd(grade, widthOfCell("grade"))) + GAP + padEnd(id, widthOfCell("id"));
    return withText(head, oneLine(document.excerpt), columns, style).map((line, position) => (position === 0 ? line : chalk.dim(line)));
  });
}

/** A relevant document that comes nearer to the top is good news, one that goes away is not. */
function moveColor({ grade, fromRank, toRank }: MovedDocument, { chalk }: Style): (text: string) => string {
  const places = (fromRank ?? Number.MAX_SAFE_INTEGER) - (toRank ?? Number.MAX_SAFE_INTEGER);
  if (grade < 1 || places === 0) return chalk.dim;
  return places > 0 ? chalk.green : chalk.red;
}

/** As much of a text as fits behind `head`, or on the line below it. */
function withText(head: string, text: string, columns: number, { glyphs }: Style): string[] {
  if (text === "") return [head.trimEnd()];
  const room = columns - widthOf(head) - GAP.length;
  if (room >= Math.min(LEAST_TEXT_COLUMNS, widthOf(text))) return [head + GAP + shortenEnd(text, room, glyphs.ellipsis)];
  const margin = INDENT.repeat(3);
  return [head.trimEnd(), margin + shortenEnd(text, columns - margin.length, glyphs.ellipsis)];
}

/** Ids are often paths: their end tells more. */
function fittedId(id: string, columns: number, ellipsis: string): string {
  return shortenStart(printableLine(id), Math.min(MOST_ID_COLUMNS, Math.max(LEAST_ID_COLUMNS, Math.floor(columns / 4))), ellipsis);
}

function oneLine(text: string): string {
  return printableLine(text.replaceAll(/\s+/gu, " ").trim());
}
