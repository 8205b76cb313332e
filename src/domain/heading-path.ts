import { graphemeFloor } from "./graphemes.ts";
import type { Heading } from "./sections.ts";

export interface CountedHeading extends Heading {
  readonly tokens: number;
}

/** What of a heading path goes into a passage. */
export interface ShownPath {
  readonly headings: readonly string[];
  /** Those that are shown in full. */
  readonly whole: ReadonlySet<Heading>;
  /** What the headings cost in a passage's model input, about. */
  readonly tokens: number;
}

const LEFT_OUT = "…";

// " > " between two headings, or the line break after the last one.
const SEPARATOR_TOKENS = 1;

/**
 * The path within `maxTokens`: all of it when it fits, else the nearest heading, the title, and the headings between
 * them from the nearest upwards, with "…" where some are left out. A heading that is too long by itself is cut.
 */
export function fitPath(path: readonly CountedHeading[], maxTokens: number): ShownPath {
  const nearest = path.at(-1);
  if (nearest === undefined) return { headings: [], whole: new Set(), tokens: 0 };
  const total = path.reduce((sum, { tokens }) => sum + tokens + SEPARATOR_TOKENS, 0);
  if (total <= maxTokens) return { headings: path.map(({ text }) => text), whole: new Set(path), tokens: total };

  const ellipsisTokens = 1 + SEPARATOR_TOKENS;
  let tokens = nearest.tokens + SEPARATOR_TOKENS + ellipsisTokens;
  if (tokens > maxTokens) return cutHeading(nearest, maxTokens);
  const whole = new Set<Heading>([nearest]);
  for (const heading of [path[0]!, ...path.slice(1, -1).reverse()]) {
    if (heading === nearest || tokens + heading.tokens + SEPARATOR_TOKENS > maxTokens) break;
    tokens += heading.tokens + SEPARATOR_TOKENS;
    whole.add(heading);
  }
  const headings = path.map((heading) => (whole.has(heading) ? heading.text : LEFT_OUT));
  return { headings: headings.filter((text, i) => text !== LEFT_OUT || headings[i - 1] !== LEFT_OUT), whole, tokens };
}

/** The beginning of a text that is about `tokens` long, cut to about `maxTokens`. Empty when that leaves nothing. */
export function cutToTokens(text: string, tokens: number, maxTokens: number): string {
  if (tokens <= maxTokens) return text;
  const length = Math.floor((text.length * Math.max(0, maxTokens - 1)) / tokens);
  const beginning = text.slice(0, graphemeFloor(text, length)).trimEnd();
  return beginning === "" ? "" : `${beginning}${LEFT_OUT}`;
}

function cutHeading({ text, tokens }: CountedHeading, maxTokens: number): ShownPath {
  const beginning = cutToTokens(text, tokens, maxTokens - SEPARATOR_TOKENS);
  return beginning === ""
    ? { headings: [], whole: new Set(), tokens: 0 }
    : { headings: [beginning], whole: new Set(), tokens: maxTokens };
}
