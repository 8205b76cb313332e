import type { Passage } from "../domain/passage.ts";
import { locationSuffix } from "../reporters/display-path.ts";
import { fitHeadings, shortenStart } from "../reporters/fit-text.ts";
import { printableLine } from "../reporters/printable.ts";
import { widthOf } from "../reporters/style.ts";
import type { ScreenSettings } from "./screen-settings.ts";

/** Where a passage stands, in so many columns: plain and painted alike. */
export interface PlaceLabel {
  readonly plain: string;
  readonly painted: string;
  readonly width: number;
}

const GAP = "  ";
/** Fewer columns than this show too little of a heading to be worth it. */
const LEAST_HEADING_COLUMNS = 12;
/** A path leaves the rest to the headings, where there are some. */
const MOST_PATH_SHARE = 0.6;
/** With less room than this for both, the path alone says more. */
const HEADINGS_FROM_COLUMNS = 44;
/** With less room than this, the line where a passage ends is left out. */
const END_LINE_FROM_COLUMNS = 26;

/** Path and lines, cut at the start where they must be; then the headings, where they have room. */
export function placeLabel(passage: Passage, width: number, settings: ScreenSettings): PlaceLabel {
  let byWidth = knownLabels.get(passage);
  if (byWidth === undefined) knownLabels.set(passage, (byWidth = new Map()));
  const known = byWidth.get(width);
  if (known !== undefined) return known;
  const label = compose(passage, width, settings);
  // A window that is resized by hand passes through many widths.
  if (byWidth.size >= 8) byWidth.clear();
  byWidth.set(width, label);
  return label;
}

const knownLabels = new WeakMap<Passage, Map<number, PlaceLabel>>();

function compose(passage: Passage, width: number, { paint, displayPath }: ScreenSettings): PlaceLabel {
  const { glyphs, dim } = paint;
  const { startLine } = passage.location;
  const suffix = locationSuffix(width < END_LINE_FROM_COLUMNS ? { ...passage.location, endLine: startLine } : passage.location);
  const whole = printableLine(displayPath(passage.path));
  const headings = passage.headings.map(printableLine);
  const headingColumns = headings.length === 0 || width < HEADINGS_FROM_COLUMNS ? 0 : Math.min(widthOf(headings.at(-1) ?? "") + GAP.length, Math.floor(width * (1 - MOST_PATH_SHARE)));
  const pathColumns = width - widthOf(suffix) - (headingColumns >= LEAST_HEADING_COLUMNS ? headingColumns : 0);
  if (pathColumns < 2) {
    const cut = shortenStart(whole + suffix, Math.max(0, width), "");
    return { plain: cut, painted: cut, width: widthOf(cut) };
  }
  const path = atFolder(shortenStart(whole, pathColumns, glyphs.ellipsis.slice(0, pathColumns)), whole, glyphs.ellipsis);
  const left = width - widthOf(path + suffix) - GAP.length;
  const trail = left < LEAST_HEADING_COLUMNS ? "" : fitHeadings(headings, left, glyphs);
  const after = trail === "" ? "" : GAP + trail;
  const plain = path + suffix + after;
  return { plain, painted: path + dim(suffix + after), width: widthOf(plain) };
}

/** A path that had to be cut begins at a folder, where it still has one. */
function atFolder(cut: string, whole: string, ellipsis: string): string {
  const slash = cut === whole ? -1 : cut.indexOf("/");
  return slash === -1 ? cut : ellipsis + cut.slice(slash);
}
