/** Ranks and positions share one number in the heap: ranks come first, then positions from the left. */
const POSITIONS = 2 ** 32;
/** Memory for longer words is given back with the next word. */
const KEPT_LENGTH = 65_536;

/** Which two neighbouring tokens become one, and in which order, in flat memory. */
export class MergeTable {
  /** By slot: left token, right token, rank plus 1 (0: empty slot), merged token. */
  #slots: Int32Array;
  #mask: number;
  #count = 0;

  /** @param expected how many merges there will be, about. */
  constructor(expected: number) {
    let size = 1024;
    while (size < 1.5 * expected) size *= 2;
    this.#slots = new Int32Array(4 * size);
    this.#mask = size - 1;
  }

  /** The rank of a pair is its place in the order of adding. */
  add(left: number, right: number, merged: number): void {
    const slot = this.#find(left, right);
    this.#slots[slot] = left;
    this.#slots[slot + 1] = right;
    this.#slots[slot + 2] = ++this.#count;
    this.#slots[slot + 3] = merged;
    if (1.5 * this.#count > this.#mask) this.#grow();
  }

  /** -1 where the two do not merge. */
  rankOf(left: number, right: number): number {
    return (this.#slots[this.#find(left, right) + 2] ?? 0) - 1;
  }

  /** For pairs that have a rank. */
  mergedOf(left: number, right: number): number {
    return this.#slots[this.#find(left, right) + 3] ?? 0;
  }

  /** All merges, in no order. */
  *entries(): Generator<{ readonly left: number; readonly right: number; readonly merged: number }> {
    for (let slot = 0; slot < this.#slots.length; slot += 4) {
      if (this.#slots[slot + 2] === 0) continue;
      yield { left: this.#slots[slot] ?? 0, right: this.#slots[slot + 1] ?? 0, merged: this.#slots[slot + 3] ?? 0 };
    }
  }

  #find(left: number, right: number): number {
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash ^= hash >>> 15;
    for (let place = hash & this.#mask; ; place = (place + 1) & this.#mask) {
      const slot = 4 * place;
      if (this.#slots[slot + 2] === 0) return slot;
      if (this.#slots[slot] === left && this.#slots[slot + 1] === right) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = 2 * this.#mask + 1;
    this.#slots = new Int32Array(2 * old.length);
    for (let from = 0; from < old.length; from += 4) {
      if (old[from + 2] === 0) continue;
      this.#slots.set(old.subarray(from, from + 4), this.#find(old[from] ?? 0, old[from + 1] ?? 0));
    }
  }
}

/**
 * Byte-pair encoding: joins the neighbours of lowest rank, the leftmost first, until none are left that merge. Time grows as
 * n log n with a word's bytes: a megabyte without a space takes a second or two.
 */
export class BytePairModel {
  readonly #merges: MergeTable;
  readonly #byteTokens: Int32Array;
  readonly #encoder = new TextEncoder();
  #bytes = new Uint8Array(0);
  // Reused from word to word, by position of a token's first byte: the token, its neighbours' positions, and the rank of its
  // pair with the right one (-1: none, or swallowed by a token further left).
  #tokens = new Int32Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #ranks = new Int32Array(0);
  #heap = new Float64Array(0);
  #heapSize = 0;

  /** @param byteTokens by byte: its token. */
  constructor(merges: MergeTable, byteTokens: Int32Array) {
    this.#merges = merges;
    this.#byteTokens = byteTokens;
  }

  /** The tokens of one word. */
  encode(word: string): number[] {
    this.#reserve(3 * word.length);
    const length = this.#setBytes(word);
    this.#heapSize = 0;
    for (let at = 0; at < length; at++) {
      this.#previous[at] = at - 1;
      this.#next[at] = at + 1 < length ? at + 1 : -1;
    }
    for (let at = 0; at < length; at++) this.#rankPair(at);
    while (this.#heapSize > 0) {
      const entry = this.#pop();
      const rank = Math.floor(entry / POSITIONS);
      const at = entry - rank * POSITIONS;
      // The pair may have changed since it was put in.
      if (this.#ranks[at] === rank) this.#merge(at);
    }
    const tokens: number[] = [];
    for (let at = length > 0 ? 0 : -1; at >= 0; at = this.#next[at] ?? -1) tokens.push(this.#tokens[at] ?? 0);
    return tokens;
  }

  /** One token for each byte of the word's UTF-8. */
  #setBytes(word: string): number {
    const tokens = this.#tokens;
    const byteTokens = this.#byteTokens;
    for (let at = 0; at < word.length; at++) {
      const code = word.charCodeAt(at);
      if (code > 0x7f) {
        // A lone surrogate becomes the bytes of U+FFFD here.
        const { written } = this.#encoder.encodeInto(word, this.#bytes);
        for (let place = 0; place < written; place++) tokens[place] = byteTokens[this.#bytes[place] ?? 0] ?? 0;
        return written;
      }
      tokens[at] = byteTokens[code] ?? 0;
    }
    return word.length;
  }

  #reserve(length: number): void {
    const room = this.#tokens.length;
    if (room >= length && room <= Math.max(length, KEPT_LENGTH)) return;
    const size = Math.max(256, length);
    this.#bytes = new Uint8Array(size);
    this.#tokens = new Int32Array(size);
    this.#next = new Int32Array(size);
    this.#previous = new Int32Array(size);
    this.#ranks = new Int32Array(size);
    // Every merge takes one entry out and puts two in at most, and there are fewer merges than tokens.
    this.#heap = new Float64Array(2 * size);
  }

  #merge(at: number): void {
    const right = this.#next[at] ?? -1;
    const after = this.#next[right] ?? -1;
    this.#tokens[at] = this.#merges.mergedOf(this.#tokens[at] ?? 0, this.#tokens[right] ?? 0);
    this.#ranks[right] = -1;
    this.#next[at] = after;
    if (after >= 0) this.#previous[after] = at;
    this.#rankPair(at);
    const before = this.#previous[at] ?? -1;
    if (before >= 0) this.#rankPair(before);
  }

  #rankPair(at: number): void {
    const right = this.#next[at] ?? -1;
    const rank = right < 0 ? -1 : this.#merges.rankOf(this.#tokens[at] ?? 0, this.#tokens[right] ?? 0);
    this.#ranks[at] = rank;
    if (rank >= 0) this.#push(rank * POSITIONS + at);
  }

  #push(entry: number): void {
    const heap = this.#heap;
    let place = this.#heapSize++;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] ?? 0;
      if (above <= entry) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  #pop(): number {
    const heap = this.#heap;
    const lowest = heap[0] ?? 0;
    const entry = heap[--this.#heapSize] ?? 0;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#heapSize) break;
      if (child + 1 < this.#heapSize && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child += 1;
      const below = heap[child] ?? 0;
      if (below >= entry) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = entry;
    return lowest;
  }
}
