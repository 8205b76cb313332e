const ROOT = 0;
/** The share of full slots above which the table doubles: below it, probing stays short. */
const GROW_ABOVE = 0.66;

interface Reverse {
  /** By node: the slot of the edge that leads to it. */
  readonly slots: Int32Array;
  /** By id of a piece: its node, ROOT where there is none. */
  readonly nodes: Int32Array;
}

/**
 * A dictionary of strings that is walked one code point at a time. All edges lie in one hash table of integers: a node
 * object with a Map each, as the library has them, costs 300 ms for 90,000 pieces, most of it garbage collection, and 45 MB.
 */
export class PieceTrie {
  #slots: number;
  #parents: Int32Array;
  #points: Int32Array;
  /** 0 = a free slot: the root is nobody's child. */
  #children: Int32Array;
  #nodeCount = 1;
  /** By node: the id of the piece that ends there, or -1. */
  #pieceIds: Int32Array;

  /** The way back, made when a piece is first asked for, which few programs do. */
  #reverse: Reverse | undefined;

  constructor(expectedPieces: number) {
    this.#slots = 1 << Math.ceil(Math.log2(Math.max(16, expectedPieces * 5)));
    this.#parents = new Int32Array(this.#slots);
    this.#points = new Int32Array(this.#slots);
    this.#children = new Int32Array(this.#slots);
    this.#pieceIds = new Int32Array(this.#slots).fill(-1);
  }

  get root(): number {
    return ROOT;
  }

  add(piece: string, id: number): void {
    this.#reverse = undefined;
    let node = ROOT;
    for (let at = 0; at < piece.length; ) {
      const point = piece.codePointAt(at) ?? 0;
      node = this.#childOrNew(node, point);
      at += point > 0xffff ? 2 : 1;
    }
    this.#pieceIds[node] = id;
  }

  /** The node after one more code point, or 0 when no piece goes on like that. */
  child(node: number, point: number): number {
    return this.#children[this.#slotOf(node, point)] ?? 0;
  }

  /** The id of the piece that ends at a node, or -1. */
  pieceAt(node: number): number {
    return this.#pieceIds[node] ?? -1;
  }

  /** The id of a whole piece. */
  find(piece: string): number | undefined {
    let node = ROOT;
    for (const character of piece) {
      node = this.child(node, character.codePointAt(0) ?? 0);
      if (node === 0) return undefined;
    }
    const id = this.pieceAt(node);
    return id < 0 ? undefined : id;
  }

  /** The piece that has an id. */
  pieceOf(id: number): string | undefined {
    this.#reverse ??= this.#reversed();
    const { slots, nodes } = this.#reverse;
    const points: number[] = [];
    for (let node = nodes[id] ?? ROOT; node !== ROOT; ) {
      const slot: number = slots[node] ?? 0;
      points.push(this.#points[slot] ?? 0);
      node = this.#parents[slot] ?? ROOT;
    }
    return points.length === 0 ? undefined : String.fromCodePoint(...points.reverse());
  }

  #reversed(): Reverse {
    const slots = new Int32Array(this.#nodeCount);
    for (const [slot, child] of this.#children.entries()) {
      if (child !== ROOT) slots[child] = slot;
    }
    const nodes = new Int32Array(this.#pieceIds.reduce((highest, id) => Math.max(highest, id), -1) + 1);
    for (const [node, id] of this.#pieceIds.entries()) {
      if (id >= 0) nodes[id] = node;
    }
    return { slots, nodes };
  }

  #childOrNew(node: number, point: number): number {
    const slot = this.#slotOf(node, point);
    const known = this.#children[slot] ?? 0;
    if (known !== 0) return known;
    const child = this.#nodeCount++;
    this.#parents[slot] = node;
    this.#points[slot] = point;
    this.#children[slot] = child;
    if (this.#nodeCount > this.#slots * GROW_ABOVE) this.#grow();
    return child;
  }

  /** The slot of an edge, or the free one where it would go. */
  #slotOf(node: number, point: number): number {
    const mask = this.#slots - 1;
    const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(point, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (this.#children[slot] !== 0 && (this.#parents[slot] !== node || this.#points[slot] !== point)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [parents, points, children, pieceIds] = [this.#parents, this.#points, this.#children, this.#pieceIds];
    this.#slots *= 2;
    this.#parents = new Int32Array(this.#slots);
    this.#points = new Int32Array(this.#slots);
    this.#children = new Int32Array(this.#slots);
    this.#pieceIds = new Int32Array(this.#slots).fill(-1);
    this.#pieceIds.set(pieceIds);
    for (const [old, child] of children.entries()) {
      if (child === 0) continue;
      const slot = this.#slotOf(parents[old] ?? 0, points[old] ?? 0);
      this.#parents[slot] = parents[old] ?? 0;
      this.#points[slot] = points[old] ?? 0;
      this.#children[slot] = child;
    }
  }
}
