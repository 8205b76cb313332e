import { defer } from "../../domain/deferred.ts";

/** A turn of at most so many estimated tokens and texts: long enough to keep a process busy, short enough to wait for. */
export const TURN_TOKENS = 1000;
const TURN_TEXTS = 8;

/** Texts that are worked on in one turn. */
export interface Slice {
  readonly start: number;
  readonly end: number;
  /** Estimated tokens. */
  readonly cost: number;
}

/** What of the texts from `start` on is one turn: at least one text, however long. */
function cutSlice(costs: readonly number[], start: number): Slice {
  let end = start;
  let cost = 0;
  for (; end < costs.length && end - start < TURN_TEXTS; end++) {
    const tokens = costs[end] ?? 0;
    if (end > start && cost + tokens > TURN_TOKENS) break;
    cost += tokens;
  }
  return { start, end, cost };
}

/** A request in the queue: what of it has begun, and what is left. */
export class Seat {
  readonly client: string;
  /** A single text of no more than a turn: many of them wait as passages do. */
  readonly isUrgent: boolean;
  /** Works on the texts from `start` up to `end`. */
  run: (start: number, end: number) => Promise<void> = async () => {
    throw new Error("the request has a place in the queue, and no work yet");
  };
  /** Settles when all texts are done, or one has failed. */
  readonly done = defer<void>();
  /** Resolves when nothing runs, and nothing waits. */
  readonly left = defer<void>();
  startedAt: number | undefined;
  /** Slices that are under way. */
  running = 0;
  readonly #costs: readonly number[];
  #next = 0;

  constructor(client: string, costs: readonly number[], isUrgent: boolean) {
    this.client = client;
    this.#costs = costs;
    this.isUrgent = isUrgent && costs.length === 1 && (costs[0] ?? 0) <= TURN_TOKENS;
  }

  get hasMore(): boolean {
    return this.#next < this.#costs.length;
  }

  cut(): Slice {
    const slice = cutSlice(this.#costs, this.#next);
    this.#next = slice.end;
    return slice;
  }

  /** Lets go of what has not begun. @returns its estimated tokens. */
  drop(): number {
    const dropped = this.#costs.slice(this.#next).reduce((sum, cost) => sum + cost, 0);
    this.#next = this.#costs.length;
    return dropped;
  }

  /** Tells whoever waits, when there is nothing left to wait for. */
  settle(): void {
    if (this.hasMore || this.running > 0) return;
    this.done.resolve();
    this.left.resolve();
  }
}
