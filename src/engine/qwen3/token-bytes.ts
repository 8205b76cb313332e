import type { MergeTable } from "./byte-pair-model.ts";

/** The bytes that each token stands for: those of the two tokens that it was merged of. */
export class TokenBytes {
  /** By token: the left and the right one that merge into it, plus 1 (0: none). */
  readonly #parts: Int32Array;
  readonly #bytes: ReadonlyMap<number, number>;

  /** @param byteTokens by byte: its token. */
  constructor(merges: MergeTable, byteTokens: Int32Array) {
    let highest = -1;
    for (const { merged } of merges.entries()) highest = Math.max(highest, merged);
    this.#parts = new Int32Array(2 * (highest + 1));
    for (const { left, right, merged } of merges.entries()) {
      this.#parts[2 * merged] = left + 1;
      this.#parts[2 * merged + 1] = right + 1;
    }
    this.#bytes = new Map([...byteTokens].map((token, byte) => [token, byte]));
  }

  /** Whether text can become this token. */
  has(token: number): boolean {
    return Number.isInteger(token) && (this.#bytes.has(token) || (this.#parts[2 * token] ?? 0) > 0);
  }

  /** For tokens that it has. */
  bytesOf(tokens: readonly number[]): Uint8Array {
    const bytes: number[] = [];
    const waiting = [...tokens].reverse();
    for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
      const byte = this.#bytes.get(token);
      if (byte !== undefined) bytes.push(byte);
      else waiting.push((this.#parts[2 * token + 1] ?? 0) - 1, (this.#parts[2 * token] ?? 0) - 1);
    }
    return Uint8Array.from(bytes);
  }
}
