import { type CountedHeading, type ShownPath, fitPath } from "./heading-path.ts";
import type { CountedUnit } from "./pack-units.ts";
import { type Heading, sharedDepth } from "./sections.ts";

/** A section whose units and headings are counted. */
export interface CountedSection {
  readonly path: readonly CountedHeading[];
  readonly own?: CountedHeading;
  readonly units: readonly CountedUnit[];
}

/** What is packed together: one section, or short neighbours that fit one passage. */
export interface SectionGroup {
  readonly path: readonly CountedHeading[];
  readonly units: readonly CountedUnit[];
  readonly tokens: number;
}

export interface MergeLimits {
  readonly maxTokens: number;
  /** A section below this is short. */
  readonly minTokens: number;
  readonly maxHeadingTokens: number;
}

/**
 * Puts a short section together with the next one under the same parent (or with its own first subsection), or else
 * with the one before, as long as the whole fits one passage. The headings that the merged sections do not share
 * become part of the text.
 *
 * @param headingUnitsOf a heading as text.
 */
export function mergeShortSections(
  sections: readonly CountedSection[],
  headingUnitsOf: (heading: Heading) => readonly CountedUnit[],
  limits: MergeLimits,
): SectionGroup[] {
  let open: OpenGroup[] = sections.map(({ path, own, units }) => ({
    path,
    members: [{ ...(own && { own }), units }],
    tokens: tokensOf(units) + (own === undefined || path.includes(own) ? 0 : own.tokens + 1),
  }));
  open = mergePass(open, (group) => group.tokens < limits.minTokens);
  open = mergePass(open, (_, next) => next.tokens < limits.minTokens);
  return open.map(({ path, members }) => {
    const units = members.flatMap((member) => [...ownHeadingUnits(member, path), ...member.units]);
    return { path, units, tokens: tokensOf(units) };
  });

  function mergePass(groups: readonly OpenGroup[], wants: (group: OpenGroup, next: OpenGroup) => boolean): OpenGroup[] {
    const merged: OpenGroup[] = [];
    for (const next of groups) {
      const group = merged.at(-1);
      const both = group && wants(group, next) ? join(group, next) : undefined;
      if (both) merged[merged.length - 1] = both;
      else merged.push(next);
    }
    return merged;
  }

  function join(group: OpenGroup, next: OpenGroup): OpenGroup | undefined {
    const depth = sharedDepth(group.path, next.path);
    if (depth < group.path.length - 1 || depth < next.path.length - 1) return undefined;
    if (group.tokens + next.tokens > limits.maxTokens) return undefined;
    const path = group.path.slice(0, depth);
    const headings = [group, next].flatMap(({ path: own }) => own.slice(depth));
    const tokens = group.tokens + next.tokens + headings.reduce((sum, heading) => sum + heading.tokens + 1, 0);
    if (tokens + fitPath(path, limits.maxHeadingTokens).tokens > limits.maxTokens) return undefined;
    return { path, members: [...membersBelow(group, depth), ...membersBelow(next, depth)], tokens };
  }

  /** A heading without text of its own, known from the path alone so far, becomes a member when it leaves the path. */
  function membersBelow({ path, members }: OpenGroup, depth: number): readonly Member[] {
    const leaving = path.slice(depth).filter((heading) => members.every(({ own }) => own !== heading));
    return [...leaving.map((own) => ({ own, units: [] })), ...members];
  }

  function ownHeadingUnits({ own }: Member, path: readonly Heading[]): readonly CountedUnit[] {
    return own === undefined || path.includes(own) ? [] : headingUnitsOf(own);
  }
}

interface Member {
  readonly own?: CountedHeading;
  readonly units: readonly CountedUnit[];
}

interface OpenGroup {
  readonly path: readonly CountedHeading[];
  readonly members: readonly Member[];
  readonly tokens: number;
}

/**
 * Gives each group its shown path. A heading that no passage would show in full becomes text of the first group under
 * it, so that nothing a document says is left out of its passages.
 */
export function showPaths(
  groups: readonly SectionGroup[],
  headingUnitsOf: (heading: Heading) => readonly CountedUnit[],
  maxHeadingTokens: number,
): { readonly shown: ShownPath; readonly units: readonly CountedUnit[] }[] {
  const paths = groups.map(({ path }) => fitPath(path, maxHeadingTokens));
  const settled = new Set<Heading>(paths.flatMap(({ whole }) => [...whole]));
  return groups.map(({ path, units }, position) => {
    const lost = path.filter((heading) => heading.block !== undefined && !settled.has(heading));
    for (const heading of lost) settled.add(heading);
    return { shown: paths[position]!, units: [...lost.flatMap((heading) => headingUnitsOf(heading)), ...units] };
  });
}

function tokensOf(units: readonly CountedUnit[]): number {
  return units.reduce((sum, { tokens }) => sum + tokens, 0);
}
