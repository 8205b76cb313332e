import type { RankedPassage } from "../domain/candidate.ts";
import { shortenEnd } from "../reporters/fit-text.ts";
import { snippetLines } from "../reporters/snippet-lines.ts";
import { widthOf } from "../reporters/style.ts";
import { placeLabel } from "./place-label.ts";
import type { ScreenSettings } from "./screen-settings.ts";

/** Longer lines are hard to follow with the eye. */
const MOST_COLUMNS = 110;

/** The selected passage in brief: a rule with its place, then the part of its text that answers best. */
export function previewLines(
  { passage, judgment }: RankedPassage,
  query: string,
  { width, lines, settings }: { readonly width: number; readonly lines: number; readonly settings: ScreenSettings },
): string[] {
  const { paint } = settings;
  const { glyphs, dim } = paint;
  const tag = judgment?.truncated ? ` ${glyphs.dot} read in part` : "";
  const label = placeLabel(passage, Math.max(4, width - 6 - widthOf(tag)), settings);
  const rule = `${dim(glyphs.horizontal.repeat(2))} ${label.painted}${dim(tag)} `;
  const rest = width - 4 - label.width - widthOf(tag);
  const text = snippetLines(passage.text, query, {
    width: Math.max(4, Math.min(width - 3, MOST_COLUMNS)),
    maxLines: lines,
    ellipsis: glyphs.ellipsis,
    mark: paint.match,
  });
  return [rest < 0 ? dim(shortenEnd(label.plain, width, "")) : rule + dim(glyphs.horizontal.repeat(rest)), ...text.map((line) => `   ${line}`)];
}
