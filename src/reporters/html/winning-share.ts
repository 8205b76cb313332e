/**
 * How often one of the first values is larger than one of the second, ties as half: the area under the ROC curve. Both are
 * sorted and not empty.
 */
export function winningShare(first: ArrayLike<number>, second: ArrayLike<number>): number {
  let below = 0;
  let notAbove = 0;
  let wins = 0;
  for (let position = 0; position < first.length; position++) {
    const value = first[position] ?? 0;
    while (below < second.length && (second[below] ?? 0) < value) below++;
    while (notAbove < second.length && (second[notAbove] ?? 0) <= value) notAbove++;
    wins += (below + notAbove) / 2;
  }
  return wins / (first.length * second.length);
}
