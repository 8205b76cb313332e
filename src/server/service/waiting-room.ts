interface Held {
  requests: number;
  tokens: number;
}

export interface WaitingBounds {
  /** Requests and estimated tokens that may wait. */
  readonly maxRequests: number;
  readonly maxTokens: number;
}

/** Above its bounds, the room is open for those of whom little waits: up to so many times as much. */
const FOR_OTHERS = 2;

/** What waits, and who has brought it. */
export class WaitingRoom {
  readonly #bounds: WaitingBounds;
  readonly #byClient = new Map<string, Held>();
  #requests = 0;
  #tokens = 0;

  constructor(bounds: WaitingBounds) {
    this.#bounds = bounds;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Estimated. */
  get tokens(): number {
    return this.#tokens;
  }

  /**
   * Takes a request in, unless it is too much. A full room is closed to clients that have their share of it already, and not
   * to the others: one client alone cannot keep everybody else out.
   */
  enter(client: string, tokens: number): boolean {
    const held = this.#byClient.get(client) ?? { requests: 0, tokens: 0 };
    if (!this.#hasRoom(held, tokens)) return false;
    this.#byClient.set(client, held);
    this.#add(held, 1, tokens);
    return true;
  }

  /** Something does not wait any more. @param isLast nothing of that request does. */
  leave(client: string, tokens: number, isLast: boolean): void {
    const held = this.#byClient.get(client);
    if (held === undefined) throw new Error("a client leaves that has not come");
    this.#add(held, isLast ? -1 : 0, -tokens);
    if (held.requests === 0) this.#byClient.delete(client);
  }

  #hasRoom(held: Held, tokens: number): boolean {
    const { maxRequests, maxTokens } = this.#bounds;
    // Whatever its size: otherwise it could never be answered.
    if (this.#requests === 0) return true;
    const requestsThen = this.#requests + 1;
    const tokensThen = this.#tokens + tokens;
    if (requestsThen <= maxRequests && tokensThen <= maxTokens) return true;
    if (requestsThen > FOR_OTHERS * maxRequests || tokensThen > FOR_OTHERS * maxTokens) return false;
    if (held.requests === 0) return true;
    const clients = this.#byClient.size;
    return held.requests + 1 <= maxRequests / clients && held.tokens + tokens <= maxTokens / clients;
  }

  #add(held: Held, requests: number, tokens: number): void {
    held.requests += requests;
    held.tokens += tokens;
    this.#requests += requests;
    this.#tokens += tokens;
  }
}
