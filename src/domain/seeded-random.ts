/** Numbers from 0 up to, not including, 1. The same seed gives the same sequence on every machine (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** At most `count` of the items, drawn without replacement, in the order drawn: a larger sample of the same seed begins with the smaller one. */
export function drawSample<T>(items: readonly T[], count: number, seed: number): T[] {
  const random = createRandom(seed);
  const pool = [...items];
  const drawn = Math.min(count, pool.length);
  for (let position = 0; position < drawn; position++) {
    const other = position + Math.floor(random() * (pool.length - position));
    [pool[position], pool[other]] = [pool[other]!, pool[position]!];
  }
  return pool.slice(0, drawn);
}
