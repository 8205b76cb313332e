import { expect, test } from "vitest";
import { Turns, type Waiter } from "../../../src/server/service/turns.ts";

/** A request of so many parts, each of which costs as much. */
function request(client: string, cost: number, parts = 1, isUrgent = false): Waiter {
  let left = parts;
  return {
    client,
    isUrgent,
    cut() {
      left -= 1;
      return { cost };
    },
    get hasMore() {
      return left > 0;
    },
  };
}

test("what a client had more than its share is remembered while nothing of it waits", () => {
  const turns = new Turns();
  const had: Record<string, number> = { a: 0, b: 0 };
  turns.add(request("a", 8000));
  turns.add(request("b", 1000, 1000));
  for (let i = 0; i < 90; i++) {
    const turn = turns.take();
    const { client = "" } = turn?.waiter ?? {};
    had[client] = (had[client] ?? 0) + (turn?.part.cost ?? 0);
    if (client === "a") turns.add(request("a", 8000));
  }
  expect((had["a"] ?? 0) / (had["b"] ?? 0)).toBeCloseTo(1, 0);
});

test("time that a client was away is no credit", () => {
  const turns = new Turns();
  turns.add(request("a", 1000, 100));
  for (let i = 0; i < 50; i++) turns.take();
  turns.add(request("b", 1000, 100));
  const next = Array.from({ length: 10 }, () => turns.take()?.waiter.client);
  expect(next.filter((client) => client === "a")).toHaveLength(5);
});

test("of more clients than ask at a time, those who had more are forgotten", () => {
  const turns = new Turns();
  for (let i = 0; i < 5000; i++) turns.add(request(`client ${i}`, 1000));
  for (let i = 0; i < 5000; i++) turns.take();
  expect(turns.isEmpty).toBe(true);
  expect(turns.clientCount).toBeLessThanOrEqual(1000);
  turns.forgetAll();
  expect(turns.clientCount).toBe(0);
});
