/**
 * The name that was probably meant, or `undefined` when none is near. Case, dashes and underscores do not count:
 * "MIN_RELEVANCE" and "min-relevance" are both "minRelevance".
 */
export function closestName(written: string, names: readonly string[]): string | undefined {
  const target = plain(written);
  // One edit in three characters: further apart than that, two short words are just two words.
  let smallest = Math.max(1, Math.floor(target.length / 3)) + 1;
  let closest: string | undefined;
  for (const name of names) {
    const distance = editDistance(target, plain(name));
    if (distance >= smallest) continue;
    smallest = distance;
    closest = name;
  }
  return closest;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, "");
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
