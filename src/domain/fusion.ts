/** A key and its fused score: a sum of reciprocal ranks, comparable within one fusion only. */
export interface FusedRank<K> {
  readonly key: K;
  readonly score: number;
}

// The value of the paper, whose authors found it near the best and the choice uncritical.
const RANK_CONSTANT = 60;

/**
 * Joins rankings whose scores cannot be compared: each gives 1 / (constant + rank) to every key it holds (Cormack,
 * Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR
 * 2009). Best first; ties go to the key with the best single rank, then to the one in the earlier ranking.
 *
 * @param rankings each best first. A key that stands twice in one ranking counts at its first place.
 */
export function reciprocalRankFusion<K>(rankings: readonly (readonly K[])[], constant = RANK_CONSTANT): FusedRank<K>[] {
  const places = new Map<K, { score: number; bestRank: number; firstRanking: number }>();
  for (const [ranking, keys] of rankings.entries()) {
    for (const [position, key] of [...new Set(keys)].entries()) {
      const rank = position + 1;
      const place = places.get(key) ?? { score: 0, bestRank: Number.POSITIVE_INFINITY, firstRanking: ranking };
      place.score += 1 / (constant + rank);
      place.firstRanking = rank < place.bestRank ? ranking : place.firstRanking;
      place.bestRank = Math.min(place.bestRank, rank);
      places.set(key, place);
    }
  }
  return [...places]
    .sort(([, a], [, b]) => b.score - a.score || a.bestRank - b.bestRank || a.firstRanking - b.firstRanking)
    .map(([key, { score }]) => ({ key, score }));
}
