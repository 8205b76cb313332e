/** A request's share of the queue, as far as turns are concerned. */
export interface Waiter {
  readonly client: string;
  /** Goes before others of the same client. */
  readonly isUrgent: boolean;
  /** Takes what is to be done in one turn. */
  cut(): { readonly cost: number };
  /** Whether anything is left for another turn. */
  readonly hasMore: boolean;
}

interface Client<W> {
  /** What it had, in the time of the queue: it is served when nobody else has had less. */
  had: number;
  readonly waiters: W[];
  /** Its last turn went to something urgent while something else waited. */
  wasUrgent: boolean;
}

/** A turn of a request. */
export interface Turn<W extends Waiter> {
  readonly waiter: W;
  readonly part: ReturnType<W["cut"]>;
}

/** Clients that are not here and had more than others: far more than ask at a time. */
const MAX_AHEAD = 1000;

/**
 * Start-time fair queueing: whose turns have cost least so far is served next, so that clients get about the same, whatever the size
 * of their requests; requests of one client take turns, too. What a client had more than others is remembered while it is away, until
 * they have had as much, or everything is done. Time that a client was away is no credit.
 */
export class Turns<W extends Waiter> {
  readonly #clients = new Map<string, Client<W>>();
  /** What those had who are not here, where it is more than now. */
  readonly #ahead = new Map<string, number>();
  /** What whoever was served last had before. */
  #now = 0;

  /** For tests: clients that wait, and those that are remembered. */
  get clientCount(): number {
    return this.#clients.size + this.#ahead.size;
  }

  get isEmpty(): boolean {
    return this.#clients.size === 0;
  }

  add(waiter: W): void {
    const known = this.#clients.get(waiter.client);
    if (known !== undefined) {
      known.waiters.push(waiter);
      return;
    }
    const had = Math.max(this.#now, this.#ahead.get(waiter.client) ?? 0);
    this.#ahead.delete(waiter.client);
    this.#clients.set(waiter.client, { had, waiters: [waiter], wasUrgent: false });
  }

  remove(waiter: W): void {
    const client = this.#clients.get(waiter.client);
    const position = client?.waiters.indexOf(waiter) ?? -1;
    if (client === undefined || position < 0) return;
    client.waiters.splice(position, 1);
    if (client.waiters.length === 0) this.#leave(waiter.client, client);
  }

  /** What is done next, cut from the request whose turn it is; `undefined` when nobody waits. */
  take(): Turn<W> | undefined {
    return this.#takeFrom(() => true);
  }

  /**
   * What may go beside the others' turns: what is urgent, of clients of whom nothing else waits, and who had no more than `lead`
   * above those whose turn it is. They pay for it as for any other turn.
   */
  takeUrgent(lead: number): Turn<W> | undefined {
    return this.#takeFrom(({ waiters: [first, second], had }) => first?.isUrgent === true && second === undefined && had <= this.#now + lead);
  }

  /** Nothing runs and nothing waits: nobody has had more than anybody. */
  forgetAll(): void {
    this.#ahead.clear();
    this.#now = 0;
  }

  #takeFrom(mayBe: (client: Client<W>) => boolean): Turn<W> | undefined {
    let next: [name: string, client: Client<W>] | undefined;
    // Of two who had as much, the one who waits longer.
    for (const entry of this.#clients) if (mayBe(entry[1]) && (next === undefined || entry[1].had < next[1].had)) next = entry;
    if (next === undefined) return undefined;
    const [name, client] = next;
    const waiter = takeWaiter(client);
    const part = waiter.cut() as ReturnType<W["cut"]>;
    this.#now = Math.max(this.#now, client.had);
    client.had += part.cost;
    if (waiter.hasMore) client.waiters.push(waiter);
    // Behind those who had as much.
    this.#clients.delete(name);
    if (client.waiters.length > 0) this.#clients.set(name, client);
    else this.#leave(name, client);
    return { waiter, part };
  }

  #leave(name: string, { had }: Client<W>): void {
    this.#clients.delete(name);
    if (had <= this.#now) return;
    this.#ahead.set(name, had);
    if (this.#ahead.size <= MAX_AHEAD) return;
    for (const [each, its] of this.#ahead) if (its <= this.#now) this.#ahead.delete(each);
    for (const each of this.#ahead.keys()) if (this.#ahead.size > MAX_AHEAD) this.#ahead.delete(each);
  }
}

/** What is urgent goes first, and by turns with the rest: a client of many users must not shut itself out. */
function takeWaiter<W extends Waiter>(client: Client<W>): W {
  const { waiters, wasUrgent } = client;
  const place = waiters.findIndex(({ isUrgent }) => isUrgent !== wasUrgent);
  const [waiter] = waiters.splice(Math.max(0, place), 1);
  if (waiter === undefined) throw new Error("a client waits without a request");
  client.wasUrgent = waiter.isUrgent;
  return waiter;
}
