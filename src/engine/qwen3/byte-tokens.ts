/** Tokens by their bytes, in flat memory. */
export class ByteTokens {
  /** The bytes of all tokens, one after the other. */
  #arena = new Uint8Array(1 << 20);
  #used = 0;
  /** By slot: where a token's bytes start, how many they are, and its id plus 1 (0: empty slot). */
  #slots: Int32Array;
  #mask: number;
  #count = 0;

  /** @param expected how many tokens there will be, about. */
  constructor(expected: number) {
    let size = 1024;
    while (size < 2 * expected) size *= 2;
    this.#slots = new Int32Array(3 * size);
    this.#mask = size - 1;
  }

  /** The token of the first `length` bytes. One that is there already gets the new id. */
  add(bytes: Uint8Array, length: number, id: number): void {
    const slot = this.#find(bytes, 0, length);
    const known = this.#slots[slot + 2] !== 0;
    this.#slots[slot + 2] = id + 1;
    if (known) return;
    this.#slots[slot] = this.#used;
    this.#slots[slot + 1] = length;
    while (this.#used + length > this.#arena.length) {
      const larger = new Uint8Array(2 * this.#arena.length);
      larger.set(this.#arena);
      this.#arena = larger;
    }
    for (let at = 0; at < length; at++) this.#arena[this.#used++] = bytes[at] ?? 0;
    if (1.5 * ++this.#count > this.#mask) this.#grow();
  }

  /** The id of the token with the bytes from `start` to `end`, or -1. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    return (this.#slots[this.#find(bytes, start, end) + 2] ?? 0) - 1;
  }

  #find(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    hash ^= hash >>> 15;
    const slots = this.#slots;
    for (let place = hash & this.#mask; ; place = (place + 1) & this.#mask) {
      const slot = 3 * place;
      if (slots[slot + 2] === 0) return slot;
      if (slots[slot + 1] === end - start && this.#equals(slots[slot] ?? 0, bytes, start, end)) return slot;
    }
  }

  #equals(offset: number, bytes: Uint8Array, start: number, end: number): boolean {
    const arena = this.#arena;
    for (let at = start; at < end; at++) {
      if (arena[offset + at - start] !== bytes[at]) return false;
    }
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = 2 * this.#mask + 1;
    this.#slots = new Int32Array(2 * old.length);
    for (let from = 0; from < old.length; from += 3) {
      if (old[from + 2] === 0) continue;
      const start = old[from] ?? 0;
      this.#slots.set(old.subarray(from, from + 3), this.#find(this.#arena, start, start + (old[from + 1] ?? 0)));
    }
  }
}
