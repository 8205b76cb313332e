import type { RankedPassage } from "../domain/candidate.ts";
import type { Passage } from "../domain/passage.ts";
import type { SentenceWeight } from "../pipeline/weigh-sentences.ts";
import { locationSuffix } from "../reporters/display-path.ts";
import { shortenEnd, shortenStart, wrapLines } from "../reporters/fit-text.ts";
import { counted, formatRelevances, formatSimilarity } from "../reporters/format-numbers.ts";
import { printableLine } from "../reporters/printable.ts";
import { movementLabel } from "../reporters/result-columns.ts";
import { padEnd, widthOf } from "../reporters/style.ts";
import { distributionStrip } from "./distribution.ts";
import { LEAST_WEIGHT, passageLines } from "./passage-lines.ts";
import type { Neighbours } from "./screen-services.ts";
import type { ScreenSettings } from "./screen-settings.ts";
import { rankedOf, type SearchRun } from "./search-run.ts";

export interface DetailValues {
  readonly selected: RankedPassage;
  readonly run: SearchRun;
  readonly previous: SearchRun | null;
  /** `undefined`: not known yet; `null`: it could not be found out. */
  readonly weights: readonly SentenceWeight[] | null | undefined;
  /** `null`: not asked for. */
  readonly neighbours: Neighbours | null;
  readonly width: number;
  readonly settings: ScreenSettings;
}

export interface DetailLines {
  readonly lines: readonly string[];
  /** How many of them the neighbours before the passage take, with the rule below them: they push it down. */
  readonly linesBefore: number;
}

/** All that is known of one passage; longer than the screen, as a rule. */
export function detailLines(values: DetailValues): DetailLines {
  const { selected, run, weights, neighbours, width, settings } = values;
  const { paint } = settings;
  const { passage } = selected;
  const text = (of: Passage, ofWeights: readonly SentenceWeight[]) => passageLines(of.text, { width, query: run.request.query, weights: ofWeights, paint });
  const ruleAbove = () => ruleLine(locationSuffix(passage.location).trim(), width, settings);
  const before = neighbours === null ? [] : [...neighbours.before.flatMap((each) => neighbourLines(each, values)), ruleAbove()];
  const lines = [
    ...headingLines(passage, width, settings),
    ...placeLines(selected, width, settings),
    "",
    ...whyLines(values),
    "",
    ...before,
    ...text(passage, weights ?? []),
    ...(neighbours?.after ?? []).flatMap((after) => neighbourLines(after, values)),
    "",
    ...noteLines(values).flatMap((note) => wrapLines(note, width).map(({ start, end }) => paint.dim(note.slice(start, end)))),
  ];
  return { lines, linesBefore: before.length };
}

function headingLines({ headings }: Passage, width: number, { paint }: ScreenSettings): string[] {
  const trail = headings.map(printableLine).join(` ${paint.glyphs.into} `);
  return wrapLines(trail, width).map(({ start, end }) => paint.bold(trail.slice(start, end)));
}

function placeLines({ passage }: RankedPassage, width: number, { paint, displayPath }: ScreenSettings): string[] {
  const { glyphs } = paint;
  const suffix = locationSuffix(passage.location);
  const path = shortenStart(printableLine(displayPath(passage.path)), Math.max(4, width - widthOf(suffix)), glyphs.ellipsis);
  return [shortenEnd(path + suffix, width, glyphs.ellipsis)];
}

/** Of a distribution: fewer say nothing, more are no clearer. */
const LEAST_BINS = 6;
const MOST_BINS = 24;

/** Both ranks and scores, and where each score stands among those of all candidates. */
function whyLines({ selected, run, previous, width, settings: { paint } }: DetailValues): string[] {
  const { glyphs, dim } = paint;
  const ranked = rankedOf(run);
  const before = previous === null ? [] : rankedOf(previous);
  const similarities = ranked.flatMap(({ similarity }) => similarity ?? []);
  const relevances = ranked.flatMap(({ judgment }) => judgment?.relevance ?? []);
  const { similarity, judgment } = selected;
  const rows = [
    {
      name: "similarity",
      rank: `${selected.recallRank} of ${ranked.length}`,
      number: similarity === null ? glyphs.none : formatSimilarity(similarity),
      strip: similarity === null ? null : { values: similarities, mark: similarity, low: Math.min(...similarities), high: Math.max(...similarities) },
      more: "",
    },
    ...before.filter(({ passage }) => passage.id === selected.passage.id).map((each) => ({
      name: "before",
      rank: `${each.rank} of ${before.length}`,
      number: relevanceText(each, glyphs.none),
      strip: each.judgment === null ? null : { values: before.flatMap((other) => other.judgment?.relevance ?? []), mark: each.judgment.relevance, low: 0, high: 1 },
      more: each.judgment === null ? "" : `logit ${each.judgment.logit.toFixed(2)}`,
    })),
    {
      name: "relevance",
      rank: judgment === null ? "not judged" : `${selected.rank} of ${ranked.length}`,
      number: relevanceText(selected, glyphs.none),
      strip: judgment === null ? null : { values: relevances, mark: judgment.relevance, low: 0, high: 1 },
      more: judgment === null ? "" : `${movementLabel(selected, paint)}  logit ${judgment.logit.toFixed(2)}`,
    },
  ];
  const rankWidth = Math.max(...rows.map(({ rank }) => rank.length));
  const numberWidth = Math.max(...rows.map(({ number }) => number.length));
  return rows.flatMap(({ name, rank, number, strip, more }) => {
    const start = `${padEnd(name, 10)}  ${padEnd(rank, rankWidth)}  ${padEnd(number, numberWidth)}`;
    const room = width - widthOf(start) - 4;
    if (room < 0) return [shortenEnd(start, width, glyphs.ellipsis)];
    const bins = Math.min(MOST_BINS, room - (widthOf(more) + 2 <= room - LEAST_BINS ? widthOf(more) + 2 : 0));
    const drawn = strip === null || bins < LEAST_BINS ? "" : `  ${distributionStrip(strip.values, strip.mark, { ...strip, bins, paint })}`;
    const used = widthOf(start) + (drawn === "" ? 0 : bins + 4);
    const line = `${dim(start.slice(0, 10))}${start.slice(10)}${drawn}`;
    if (more === "") return [line];
    return used + widthOf(more) + 2 <= width ? [`${line}  ${more}`] : [line, shortenEnd(`${" ".repeat(12)}${more}`, width, "")];
  });
}

function relevanceText({ judgment }: RankedPassage, none: string): string {
  return judgment === null ? none : (formatRelevances([judgment.relevance])[0] ?? none);
}

function neighbourLines(passage: Passage, { width, settings }: DetailValues): string[] {
  const { paint } = settings;
  const plain = { ...paint, match: (part: string) => part };
  const lines = passageLines(passage.text, { width, query: "", weights: [], paint: plain });
  return [ruleLine(locationSuffix(passage.location).trim(), width, settings), ...lines.map(paint.dim)];
}

function ruleLine(label: string, width: number, { paint: { glyphs, dim } }: ScreenSettings): string {
  const shown = shortenEnd(` ${label} `, Math.max(0, width - 2), "");
  return dim(glyphs.horizontal.repeat(2) + shown + glyphs.horizontal.repeat(Math.max(0, width - 2 - widthOf(shown))));
}

/** What the marks in the text mean, or why there are none. */
function sentencesNote({ selected: { judgment }, weights, run }: DetailValues): string {
  if (judgment === null) return "";
  if (weights === null) return "its sentences could not be weighed";
  if (weights === undefined) return run.result === null ? "" : "weighing its sentences";
  const most = Math.max(0, ...weights.map(({ weight }) => weight));
  if (weights.length > 1 && most >= LEAST_WEIGHT) return "underlined: what carries the relevance; the bar says how much";
  return "no sentence carries the relevance alone";
}

function noteLines(values: DetailValues): string[] {
  const { passage, judgment } = values.selected;
  const { page, row } = passage.location;
  const place = [page === undefined ? "" : `page ${page}`, row === undefined ? "" : `row ${row}`].filter((part) => part !== "");
  return [
    sentencesNote(values),
    judgment?.truncated ? "the reranker read only its beginning" : "",
    [counted([...passage.text].length, "character"), ...place, `passage ${passage.id}`].join(", "),
  ].filter((note) => note !== "");
}
