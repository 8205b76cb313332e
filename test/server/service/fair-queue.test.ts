import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FairQueue, type Place, type QueuedWork } from "../../../src/server/service/fair-queue.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { settled } from "../../support/start-model-service.ts";

interface Begun {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  finish(error?: Error): Promise<void>;
}

/** A queue whose slices end when the test says so. */
function createHeldQueue(options: { maxRequests?: number; maxTokens?: number; now?: () => number; onTurn?: (texts: number, tokens: number) => void } = {}) {
  const queue = new FairQueue({ maxRequests: 1000, maxTokens: 1e9, ...options });
  const begun: Begun[] = [];
  function enter(name: string, work: QueuedWork): { place: Place; done: Promise<void> } {
    const place = queue.enter(work);
    const done = place.work(
      (start, end) =>
        new Promise<void>((resolve, reject) => {
          begun.push({
            name,
            start,
            end,
            async finish(error) {
              if (error) reject(error);
              else resolve();
              await settled();
            },
          });
        }),
    );
    return { place, done };
  }
  return { queue, begun, enter };
}

const texts = (count: number, cost = 100): number[] => Array.from({ length: count }, () => cost);
const IDLE = { waitingRequests: 0, waitingTokens: 0, runningTexts: 0, runningTokens: 0 };

describe("a slice", () => {
  test("has at most eight texts, about 1,000 tokens, and at least one text", () => {
    const cut = (costs: number[]): number => {
      const { begun, enter } = createHeldQueue();
      enter("a", { client: "a", costs });
      return begun[0]?.end ?? 0;
    };
    expect(cut(texts(30, 10))).toBe(8);
    expect(cut(texts(30, 400))).toBe(2);
    expect(cut([9000, 1])).toBe(1);
  });
});

describe("turns", () => {
  test("two slices run at a time, over all clients, in the order of the texts", async () => {
    const { begun, enter } = createHeldQueue();
    enter("a", { client: "a", costs: texts(40) });
    enter("b", { client: "b", costs: texts(8) });
    expect(begun.map(({ name, start }) => [name, start])).toEqual([
      ["a", 0],
      ["a", 8],
    ]);
    await begun[0]?.finish();
    expect(begun).toHaveLength(3);
  });

  test("are told as they begin, with their texts and tokens", async () => {
    const turns: [number, number][] = [];
    const { begun, enter } = createHeldQueue({ onTurn: (texts, tokens) => turns.push([texts, tokens]) });
    enter("a", { client: "a", costs: [...texts(8), 30] });
    enter("b", { client: "b", costs: [9000] });
    expect(turns).toEqual([
      [8, 800],
      [1, 30],
    ]);
    await begun[0]?.finish();
    expect(turns.at(-1)).toEqual([1, 9000]);
  });

  test("a long request of one client does not hold up a short one of another", async () => {
    const { begun, enter } = createHeldQueue();
    const long = enter("long", { client: "a", costs: texts(1000) });
    const short = enter("short", { client: "b", costs: texts(3) });
    for (let i = 0; begun[i] !== undefined && !begun.some(({ name }) => name === "short"); i++) await begun[i]?.finish();
    // The two slices that ran when it came, and at most one turn more.
    expect(begun.findIndex(({ name }) => name === "short")).toBeLessThanOrEqual(3);
    await begun.find(({ name }) => name === "short")?.finish();
    await short.done;
    long.place.leave();
  });

  test("two requests of one client take turns as well", async () => {
    const { begun, enter } = createHeldQueue();
    const long = enter("long", { client: "a", costs: texts(1000) });
    const short = enter("short", { client: "a", costs: texts(20) });
    for (let i = 0; begun.filter(({ name }) => name === "short").length < 3; i++) await begun[i]?.finish();
    expect(begun.filter(({ name }) => name === "long").length).toBeLessThanOrEqual(6);
    for (const slice of begun) if (slice.name === "short") await slice.finish();
    await short.done;
    long.place.leave();
  });

  test("are counted in tokens: who asks with long texts does not get more than who asks with short ones", async () => {
    const { begun, enter } = createHeldQueue();
    enter("long texts", { client: "a", costs: texts(200, 900) });
    enter("short texts", { client: "b", costs: texts(2000, 50) });
    for (let i = 0; i < 150; i++) await begun[i]?.finish();
    const tokensOf = (wanted: string, cost: number): number => begun.filter(({ name }) => name === wanted).reduce((sum, { start, end }) => sum + (end - start) * cost, 0);
    const share = tokensOf("long texts", 900) / tokensOf("short texts", 50);
    expect(share).toBeGreaterThan(0.8);
    expect(share).toBeLessThan(1.25);
  });

  test("one client with a hundred requests gets no more than one with a single request", async () => {
    const { begun, enter } = createHeldQueue();
    for (let i = 0; i < 100; i++) enter("many", { client: "a", costs: texts(10) });
    enter("single", { client: "b", costs: texts(100) });
    for (let i = 0; i < 24; i++) await begun[i]?.finish();
    const count = (wanted: string): number => begun.filter(({ name }) => name === wanted).length;
    expect(count("single")).toBeGreaterThanOrEqual(9);
  });

  test("what is urgent goes at once, beside the slices that run, one at a time", async () => {
    const { begun, enter } = createHeldQueue();
    enter("passages", { client: "a", costs: texts(100) });
    enter("query 1", { client: "b", costs: [5], isUrgent: true });
    enter("query 2", { client: "c", costs: [5], isUrgent: true });
    expect(begun.map(({ name }) => name)).toEqual(["passages", "passages", "query 1"]);
    await begun[2]?.finish();
    expect(begun[3]?.name).toBe("query 2");
  });

  interface Loop {
    readonly client: string;
    readonly costs: readonly number[];
    readonly isUrgent?: boolean;
  }

  /** Requests that come again as soon as they are done, and one process that works on slices as it gets them. @returns the tokens that A got for one of B's. */
  async function shareOfA(loops: readonly Loop[]): Promise<number> {
    const { queue } = createHeldQueue();
    const tokens: Record<string, number> = { a: 0, b: 0 };
    const running: (() => void)[] = [];
    let isOver = false;
    const repeat = async ({ client, costs, isUrgent = false }: Loop): Promise<void> => {
      while (!isOver) {
        await queue.enter({ client, costs, isUrgent }).work(async (start, end) => {
          await new Promise<void>((resolve) => running.push(resolve));
          const cost = costs.slice(start, end).reduce((sum, each) => sum + each, 0);
          tokens[client] = (tokens[client] ?? 0) + cost;
        });
      }
    };
    for (const loop of loops) void repeat(loop);
    for (let i = 0; i < 1000; i++) {
      running.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    isOver = true;
    return (tokens["a"] ?? 0) / (tokens["b"] ?? 0);
  }

  const passages = (client: string): Loop => ({ client, costs: texts(40) });

  test("that are urgent are paid for: with queries in a loop a client gets no more than a share", async () => {
    const query: Loop = { client: "a", costs: [900], isUrgent: true };
    expect(await shareOfA([query, passages("a"), passages("b"), passages("b")])).toBeLessThan(1.2);
    expect(await shareOfA([query, passages("b"), passages("b")])).toBeLessThan(1.2);
    expect(await shareOfA([query, query, query, passages("b"), passages("b")])).toBeLessThan(1.2);
  });

  test("are not for urgent work of more than one text, or of a client with something else that waits", () => {
    const { begun, enter } = createHeldQueue();
    enter("passages", { client: "a", costs: texts(100) });
    enter("queries", { client: "b", costs: [5, 5], isUrgent: true });
    enter("texts", { client: "c", costs: texts(100) });
    enter("query", { client: "c", costs: [5], isUrgent: true });
    expect(begun.map(({ name }) => name)).toEqual(["passages", "passages"]);
  });

  test("of one client: what is urgent goes before the rest of it, which goes on all the same", async () => {
    const { begun, enter } = createHeldQueue();
    enter("passages", { client: "a", costs: texts(100) });
    for (let i = 0; i < 9; i++) enter("query", { client: "a", costs: [5], isUrgent: true });
    for (let i = 0; i < 6; i++) await begun[i]?.finish();
    const names = begun.map(({ name }) => name);
    expect(names[2]).toBe("query");
    expect(names.slice(2).filter((name) => name === "passages").length).toBeGreaterThanOrEqual(2);
  });

  test("are owed by a client that had more than its share, though nothing of it waits in between", async () => {
    const huge: Loop = { client: "a", costs: [8000] };
    const share = await shareOfA([huge, huge, passages("b"), passages("b")]);
    expect(share).toBeLessThan(1.2);
    expect(share).toBeGreaterThan(0.8);
  });
});

describe("a request that ends early", () => {
  test("drops what has not begun, and tells when nothing of it runs any more", async () => {
    const { queue, begun, enter } = createHeldQueue();
    const { place } = enter("a", { client: "a", costs: texts(100) });
    place.leave();
    expect(queue.load).toEqual({ waitingRequests: 0, waitingTokens: 0, runningTexts: 16, runningTokens: 1600 });
    let hasLeft = false;
    void place.left.then(() => (hasLeft = true));
    await begun[0]?.finish();
    expect(hasLeft).toBe(false);
    await begun[1]?.finish();
    expect(hasLeft).toBe(true);
    expect(begun).toHaveLength(2);
    expect(queue.load).toEqual(IDLE);
    expect(queue.clientCount).toBe(0);
  });

  test("counts as waiting before its work begins, and not after it has left without any", () => {
    const { queue } = createHeldQueue();
    const place = queue.enter({ client: "a", costs: texts(3) });
    expect(queue.load).toEqual({ ...IDLE, waitingRequests: 1, waitingTokens: 300 });
    place.leave();
    place.leave();
    expect(queue.load).toEqual(IDLE);
  });

  test("begins nothing after its first failure, and rejects with it", async () => {
    const { queue, begun, enter } = createHeldQueue();
    const { done } = enter("a", { client: "a", costs: texts(100) });
    const failure = new Error("broken");
    const outcome = done.catch((error: unknown) => error);
    await begun[0]?.finish(failure);
    expect(await outcome).toBe(failure);
    await begun[1]?.finish();
    expect(begun).toHaveLength(2);
    expect(queue.load).toEqual(IDLE);
  });
});

describe("admission", () => {
  function overloadOf(enter: () => unknown): ServiceError {
    try {
      enter();
    } catch (error) {
      if (error instanceof ServiceError) return error;
    }
    throw new Error("the queue took it in");
  }

  test("is refused when too many requests wait", async () => {
    const { queue, begun, enter } = createHeldQueue({ maxRequests: 2 });
    enter("running", { client: "a", costs: texts(16) });
    enter("1", { client: "a", costs: texts(1) });
    enter("2", { client: "a", costs: texts(1) });
    const { kind, retryAfterSeconds } = overloadOf(() => queue.enter({ client: "a", costs: texts(1) }));
    expect(kind).toBe("overloaded");
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
    await begun[0]?.finish();
    expect(() => queue.enter({ client: "a", costs: texts(1) })).not.toThrow();
  });

  test("is refused to whoever holds more than a share of a full queue, and to nobody else below twice its bounds", () => {
    const { queue } = createHeldQueue({ maxRequests: 8, maxTokens: 10_000 });
    const come = (client: string, costs = texts(1)) => queue.enter({ client, costs });
    for (let i = 0; i < 8; i++) come("greedy");
    expect(overloadOf(() => come("greedy")).kind).toBe("overloaded");
    // A half, then a third of eight.
    for (let i = 0; i < 4; i++) come("b");
    expect(overloadOf(() => come("b")).kind).toBe("overloaded");
    come("c");
    come("c");
    expect(overloadOf(() => come("c")).kind).toBe("overloaded");
    come("d");
    come("e");
    expect(queue.load.waitingRequests).toBe(16);
    expect(overloadOf(() => come("f")).kind).toBe("overloaded");
  });

  test("counts a client's tokens as its requests, and forgets what it holds when it leaves", () => {
    const { queue } = createHeldQueue({ maxTokens: 10_000 });
    const greedy = Array.from({ length: 10 }, () => queue.enter({ client: "greedy", costs: texts(10) }));
    expect(overloadOf(() => queue.enter({ client: "greedy", costs: texts(1) })).kind).toBe("overloaded");
    queue.enter({ client: "b", costs: texts(40) });
    expect(overloadOf(() => queue.enter({ client: "b", costs: texts(11) })).kind).toBe("overloaded");
    queue.enter({ client: "b", costs: texts(10) });
    expect(overloadOf(() => queue.enter({ client: "c", costs: texts(51) })).kind).toBe("overloaded");
    for (const place of greedy) place.leave();
    queue.enter({ client: "greedy", costs: texts(40) });
    expect(queue.load).toMatchObject({ waitingRequests: 3, waitingTokens: 9000 });
  });

  test("is refused when too many tokens wait, but a single request is taken in whatever its size", () => {
    const { queue, enter } = createHeldQueue({ maxTokens: 5000 });
    enter("huge", { client: "a", costs: texts(1000) });
    expect(overloadOf(() => queue.enter({ client: "b", costs: texts(1) })).kind).toBe("overloaded");
  });

  test("names the time that half of what waits will take, from 1 to 60 seconds", async () => {
    let now = 0;
    const { queue, begun, enter } = createHeldQueue({ maxTokens: 40_000, now: () => now });
    enter("a", { client: "a", costs: texts(400) });
    // 1,600 tokens in 800 ms.
    now += 800;
    await begun[0]?.finish();
    await begun[1]?.finish();
    // 38,400 tokens are left.
    expect(overloadOf(() => queue.enter({ client: "a", costs: texts(50) })).retryAfterSeconds).toBe(10);
    now += 1_000_000;
    await begun[2]?.finish();
    expect(overloadOf(() => queue.enter({ client: "a", costs: texts(50) })).retryAfterSeconds).toBe(60);
  });
});

test("nothing is kept of ten thousand requests of as many clients", async () => {
  const queue = new FairQueue({ maxRequests: 1000, maxTokens: 1e9 });
  for (let i = 0; i < 10_000; i += 500) {
    const names = Array.from({ length: 500 }, (_, place) => `client ${i + place}`);
    const done = names.map((client, place) => queue.enter({ client, costs: texts(3), isUrgent: place % 10 === 0 }).work(async () => {}));
    expect(queue.clientCount).toBeGreaterThan(490);
    await Promise.all(done);
  }
  expect(queue.clientCount).toBe(0);
  expect(queue.load).toEqual(IDLE);
});

test("whatever comes and goes, every text of a request that stays runs once and in order, and the sums add up", async () => {
  const request = fc.record({
    client: fc.constantFrom("a", "b", "c"),
    costs: fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 30 }),
    isUrgent: fc.boolean(),
    leaves: fc.boolean(),
    arrivesAfter: fc.integer({ min: 0, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 12 }), async (requests) => {
      const queue = new FairQueue({ maxRequests: 1000, maxTokens: 1e9 });
      const runs = requests.map(async ({ leaves, arrivesAfter, ...work }) => {
        for (let i = 0; i < arrivesAfter; i++) await settled();
        const order: number[] = [];
        const place = queue.enter(work);
        const done = place.work(async (start, end) => {
          for (let position = start; position < end; position++) order.push(position);
          await settled();
        });
        if (leaves) place.leave();
        await done;
        await place.left;
        if (!leaves) expect(order).toEqual(work.costs.map((_, position) => position));
      });
      await Promise.all(runs);
      expect(queue.load).toEqual(IDLE);
      expect(queue.clientCount).toBe(0);
    }),
    { numRuns: 100 },
  );
});
