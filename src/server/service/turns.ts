/** A request's share of the queue, as far as turns are concerned. */
export interface Waiter {
  readonly client: string;
  /** Takes what is to be done in one turn. */
  cut(): { readonly cost: number };
  /** Whether anything is left for another turn. */
  readonly hasMore: boolean;
}

interface Client<W> {
  readonly name: string;
  /** What it may still spend before others are served. At most one turn's worth; below zero when its last turn cost more. */
  credit: number;
  readonly waiters: W[];
}

/**
 * Deficit round robin: clients take turns of about the same cost, whatever the size of their requests, and requests of one
 * client take turns, too. Nobody is remembered who does not wait.
 */
export class Turns<W extends Waiter> {
  readonly #quantum: number;
  /** The first one is served next. */
  readonly #ring: Client<W>[] = [];

  /** @param quantum what one turn may cost, about. */
  constructor(quantum: number) {
    this.#quantum = quantum;
  }

  get clientCount(): number {
    return this.#ring.length;
  }

  add(waiter: W): void {
    const known = this.#ring.find(({ name }) => name === waiter.client);
    if (known !== undefined) known.waiters.push(waiter);
    else this.#ring.push({ name: waiter.client, credit: this.#quantum, waiters: [waiter] });
  }

  remove(waiter: W): void {
    const place = this.#ring.findIndex(({ name }) => name === waiter.client);
    const client = this.#ring[place];
    const position = client?.waiters.indexOf(waiter) ?? -1;
    if (client === undefined || position < 0) return;
    client.waiters.splice(position, 1);
    if (client.waiters.length === 0) this.#ring.splice(place, 1);
  }

  /** What is done next, cut from the request whose turn it is; `undefined` when nobody waits. */
  take(): { readonly waiter: W; readonly part: ReturnType<W["cut"]> } | undefined {
    for (;;) {
      const [client] = this.#ring;
      if (client === undefined) return undefined;
      if (client.credit <= 0) {
        client.credit += this.#quantum;
        this.#ring.push(...this.#ring.splice(0, 1));
        continue;
      }
      const waiter = client.waiters.shift();
      if (waiter === undefined) throw new Error("a client waits without a request");
      const part = waiter.cut() as ReturnType<W["cut"]>;
      client.credit -= part.cost;
      if (waiter.hasMore) client.waiters.push(waiter);
      if (client.waiters.length === 0) this.#ring.shift();
      return { waiter, part };
    }
  }
}
