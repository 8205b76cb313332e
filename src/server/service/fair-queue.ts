import { ServiceError } from "../service-error.ts";
import { createBusyRate } from "./busy-rate.ts";
import { Seat, type Slice, TURN_TOKENS } from "./seat.ts";
import { Turns } from "./turns.ts";

/** Slices that are with the models' processes at a time: one is worked on, and the next one is there when it is done. */
const RUNNING_SLICES = 2;
/** While nobody knows how fast the models are. */
const UNKNOWN_RETRY_SECONDS = 5;
const MAX_RETRY_SECONDS = 60;

export interface QueueOptions {
  /** Requests and estimated tokens that may wait. A request that finds nobody waiting is taken in, whatever its size. */
  readonly maxRequests: number;
  readonly maxTokens: number;
  /** In milliseconds. */
  readonly now?: () => number;
  /** Told of each slice that begins: its texts, and their estimated tokens. */
  readonly onTurn?: ((texts: number, tokens: number) => void) | undefined;
}

/** What a request brings to the queue. */
export interface QueuedWork {
  readonly client: string;
  /** Estimated tokens of each text, in the order in which they are worked on. */
  readonly costs: readonly number[];
  /** Goes before all that is not, beside the slices that run: for what takes a moment and is waited for, as a query's vector. */
  readonly isUrgent?: boolean;
}

/** A request's place in the queue. */
export interface Place {
  /**
   * Lets the texts have their turns, slice by slice in their order; before that they only count as waiting. Resolves when all
   * is done, rejects with the first failure, and begins nothing after it.
   *
   * @param run works on the texts from `start` up to `end`. Two slices may be under way at a time.
   */
  work(run: (start: number, end: number) => Promise<void>): Promise<void>;
  /** Drops what has not begun. */
  leave(): void;
  /** Resolves when nothing of it runs or will run. */
  readonly left: Promise<void>;
  /** When the first text had its turn. */
  readonly startedAt: number | undefined;
}

export interface QueueLoad {
  readonly waitingRequests: number;
  readonly waitingTokens: number;
  readonly runningTexts: number;
  readonly runningTokens: number;
}

/** One queue for all clients and models; see `ModelService`. */
export class FairQueue {
  readonly #maxRequests: number;
  readonly #maxTokens: number;
  readonly #now: () => number;
  readonly #onTurn: QueueOptions["onTurn"];
  readonly #rate;
  readonly #turns = new Turns<Seat>(TURN_TOKENS);
  readonly #urgent = new Turns<Seat>(TURN_TOKENS);
  readonly #running = { slices: 0, urgent: 0, texts: 0, tokens: 0 };
  #waitingRequests = 0;
  #waitingTokens = 0;

  constructor({ maxRequests, maxTokens, now = () => performance.now(), onTurn }: QueueOptions) {
    this.#maxRequests = maxRequests;
    this.#maxTokens = maxTokens;
    this.#now = now;
    this.#onTurn = onTurn;
    this.#rate = createBusyRate(now);
  }

  get load(): QueueLoad {
    const { texts, tokens } = this.#running;
    return { waitingRequests: this.#waitingRequests, waitingTokens: this.#waitingTokens, runningTexts: texts, runningTokens: tokens };
  }

  /** Clients of whom something waits for its turn. */
  get clientCount(): number {
    return this.#turns.clientCount + this.#urgent.clientCount;
  }

  /** @throws ServiceError `overloaded` when too much waits already. */
  enter({ client, costs, isUrgent = false }: QueuedWork): Place {
    const tokens = costs.reduce((sum, cost) => sum + cost, 0);
    const isFull = this.#waitingRequests >= this.#maxRequests || this.#waitingTokens + tokens > this.#maxTokens;
    if (isFull && this.#waitingRequests > 0) {
      throw new ServiceError("overloaded", "the queue is full: ask again later", { retryAfterSeconds: this.#retryAfterSeconds() });
    }
    const seat = new Seat(client, costs, isUrgent);
    this.#waitingRequests += 1;
    this.#waitingTokens += tokens;
    return {
      work: (run) => this.#work(seat, run),
      leave: () => this.#leave(seat),
      left: seat.left.promise,
      get startedAt() {
        return seat.startedAt;
      },
    };
  }

  async #work(seat: Seat, run: (start: number, end: number) => Promise<void>): Promise<void> {
    seat.run = run;
    this.#turnsOf(seat).add(seat);
    this.#fill();
    await seat.done.promise;
  }

  #leave(seat: Seat): void {
    if (seat.hasMore) {
      this.#waitingRequests -= 1;
      this.#waitingTokens -= seat.drop();
      this.#turnsOf(seat).remove(seat);
    }
    seat.settle();
  }

  #turnsOf({ isUrgent }: Seat): Turns<Seat> {
    return isUrgent ? this.#urgent : this.#turns;
  }

  /** Begins slices while there is room for them. */
  #fill(): void {
    for (;;) {
      const turn = (this.#running.urgent === 0 ? this.#urgent.take() : undefined) ?? (this.#running.slices < RUNNING_SLICES ? this.#turns.take() : undefined);
      if (turn === undefined) return;
      void this.#begin(turn.waiter, turn.part);
    }
  }

  async #begin(seat: Seat, { start, end, cost }: Slice): Promise<void> {
    const running = this.#running;
    const lane = seat.isUrgent ? "urgent" : "slices";
    running[lane] += 1;
    running.texts += end - start;
    running.tokens += cost;
    this.#waitingTokens -= cost;
    if (!seat.hasMore) this.#waitingRequests -= 1;
    seat.startedAt ??= this.#now();
    this.#onTurn?.(end - start, cost);
    seat.running += 1;
    this.#rate.begin();
    let done = 0;
    try {
      await seat.run(start, end);
      done = cost;
    } catch (error) {
      seat.done.reject(error);
      this.#leave(seat);
    }
    this.#rate.end(done);
    running[lane] -= 1;
    running.texts -= end - start;
    running.tokens -= cost;
    seat.running -= 1;
    seat.settle();
    this.#fill();
  }

  /** By then about half of what waits is done: there is room, and the models have not run dry. */
  #retryAfterSeconds(): number {
    const rate = this.#rate.perSecond;
    if (rate === undefined) return UNKNOWN_RETRY_SECONDS;
    const seconds = Math.ceil((this.#waitingTokens + this.#running.tokens) / 2 / rate);
    return Math.min(MAX_RETRY_SECONDS, Math.max(1, seconds));
  }
}
