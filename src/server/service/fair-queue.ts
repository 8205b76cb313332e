import { ServiceError } from "../service-error.ts";
import { createBusyRate } from "./busy-rate.ts";
import { Seat, type Slice, TURN_TOKENS } from "./seat.ts";
import { Turns } from "./turns.ts";
import { type WaitingBounds, WaitingRoom } from "./waiting-room.ts";

/** Slices that are with the models' processes at a time: one is worked on, and the next one is there when it is done. */
const RUNNING_SLICES = 2;
/** While nobody knows how fast the models are. */
const UNKNOWN_RETRY_SECONDS = 5;
const MAX_RETRY_SECONDS = 60;

/** Of both bounds: a request that finds nobody waiting is taken in, whatever its size. */
export interface QueueOptions extends WaitingBounds {
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
  /**
   * For what takes a moment and is waited for, as a query's vector: it goes before the client's other work. A single text of a client
   * of whom nothing else waits goes before others' work, too, beside the slices that run, as long as the client has not had more than they.
   */
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
  readonly #waiting: WaitingRoom;
  readonly #now: () => number;
  readonly #onTurn: QueueOptions["onTurn"];
  readonly #rate;
  readonly #turns = new Turns<Seat>();
  readonly #running = { slices: 0, urgent: 0, texts: 0, tokens: 0 };

  constructor({ now = () => performance.now(), onTurn, ...bounds }: QueueOptions) {
    this.#waiting = new WaitingRoom(bounds);
    this.#now = now;
    this.#onTurn = onTurn;
    this.#rate = createBusyRate(now);
  }

  get load(): QueueLoad {
    const { texts, tokens } = this.#running;
    return { waitingRequests: this.#waiting.requests, waitingTokens: this.#waiting.tokens, runningTexts: texts, runningTokens: tokens };
  }

  /** For tests: clients of whom something waits for its turn, and those that are remembered. */
  get clientCount(): number {
    return this.#turns.clientCount;
  }

  /** @throws ServiceError `overloaded` when too much waits already, and the client has its share of it. */
  enter({ client, costs, isUrgent = false }: QueuedWork): Place {
    const tokens = costs.reduce((sum, cost) => sum + cost, 0);
    if (!this.#waiting.enter(client, tokens)) {
      throw new ServiceError("overloaded", "the queue is full: ask again later", { retryAfterSeconds: this.#retryAfterSeconds() });
    }
    const seat = new Seat(client, costs, isUrgent);
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
    this.#turns.add(seat);
    this.#fill();
    await seat.done.promise;
  }

  #leave(seat: Seat): void {
    if (seat.hasMore) {
      this.#waiting.leave(seat.client, seat.drop(), true);
      this.#turns.remove(seat);
    }
    seat.settle();
  }

  /** Begins slices while there is room for them. */
  #fill(): void {
    for (;;) {
      const urgent = this.#running.urgent === 0 ? this.#turns.takeUrgent(TURN_TOKENS) : undefined;
      const turn = urgent ?? (this.#running.slices < RUNNING_SLICES ? this.#turns.take() : undefined);
      if (turn === undefined) return;
      void this.#begin(turn.waiter, turn.part, urgent === undefined ? "slices" : "urgent");
    }
  }

  async #begin(seat: Seat, { start, end, cost }: Slice, lane: "slices" | "urgent"): Promise<void> {
    const running = this.#running;
    running[lane] += 1;
    running.texts += end - start;
    running.tokens += cost;
    this.#waiting.leave(seat.client, cost, !seat.hasMore);
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
    if (running.slices + running.urgent === 0 && this.#turns.isEmpty) this.#turns.forgetAll();
  }

  /** By then about half of what waits is done: there is room, and the models have not run dry. */
  #retryAfterSeconds(): number {
    const rate = this.#rate.perSecond;
    if (rate === undefined) return UNKNOWN_RETRY_SECONDS;
    const seconds = Math.ceil((this.#waiting.tokens + this.#running.tokens) / 2 / rate);
    return Math.min(MAX_RETRY_SECONDS, Math.max(1, seconds));
  }
}
