import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/domain/errors.ts";
import type { ModelSpec } from "../../../src/domain/model-spec.ts";
import { ModelPool } from "../../../src/server/service/model-pool.ts";
import type { ServiceEvent } from "../../../src/server/service/model-source.ts";
import { estimateMemory } from "../../../src/server/service/pooled-model.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { createFakeSource, type FakeSourceOptions } from "../../support/fake-model-source.ts";
import { serviceErrorOf, settled } from "../../support/start-model-service.ts";

const SIZE = 100_000_000;
const ONE = estimateMemory({ sizeBytes: SIZE });

function spec(id: string, sizeBytes = SIZE): ModelSpec {
  return { ...fakeSpec("reranker", id), sizeBytes };
}

/** A pool with room for so many models of the usual size. */
function createPool(room: number, fake: FakeSourceOptions = {}) {
  const source = createFakeSource(fake);
  const events: ServiceEvent[] = [];
  const pool = new ModelPool({ source, memoryBytes: room * ONE, onEvent: (event) => events.push(event) });
  return { pool, source, events, told: () => events.map((event) => ("spec" in event ? `${event.spec.id} ${event.type.slice("model-".length)}` : event.type)) };
}

describe("a model", () => {
  test("is started once for all who want it, and stays when they are done", async () => {
    const { pool, source, told } = createPool(1);
    const [first, second] = await Promise.all([pool.lease(spec("a")), pool.lease(spec("a"))]);
    expect(first?.started).toBe(second?.started);
    first?.release();
    second?.release();
    await pool.lease(spec("a"));
    expect(source.started).toEqual(["a reranker"]);
    expect(told()).toEqual(["a loading", "a loaded"]);
    expect(pool.statuses()).toMatchObject([{ state: "loaded", device: "cpu" }]);
  });

  test("with another fingerprint is another model, though it has the same name", async () => {
    const { pool, source } = createPool(2);
    await pool.lease(spec("a"));
    await pool.lease({ ...spec("a"), fingerprint: "shorter" });
    expect(source.started).toHaveLength(2);
  });

  test("that cannot be loaded is told to all who wait, and tried again for the next one", async () => {
    let isBroken = true;
    const load = async (): Promise<void> => {
      await settled();
      if (isBroken) throw new UserError("the graph is damaged");
    };
    const { pool, source, told } = createPool(1, { load });
    const errors = await Promise.all([serviceErrorOf(pool.lease(spec("a"))), serviceErrorOf(pool.lease(spec("a")))]);
    for (const { kind, message } of errors) expect({ kind, message }).toEqual({ kind: "unavailable", message: "a cannot be loaded; the server's log says why" });
    expect(pool.status(spec("a"))).toBe("failed");
    expect(source.closed).toEqual(["a reranker"]);
    isBroken = false;
    await pool.lease(spec("a"));
    expect(pool.status(spec("a"))).toMatchObject({ state: "loaded" });
    expect(told()).toEqual(["a loading", "a failed", "a loading", "a loaded"]);
  });

  test("that cannot be started at all is told as well", async () => {
    const { events } = createPool(1);
    const pool = new ModelPool({
      source: {
        start() {
          throw new UserError("the inference process is missing");
        },
      },
      memoryBytes: ONE,
      onEvent: (event) => events.push(event),
    });
    expect((await serviceErrorOf(pool.lease(spec("a")))).message).toBe("a cannot be loaded; the server's log says why");
    expect(pool.modelCount).toBe(0);
  });

  test("that is still loading does not hold up another one", async () => {
    const { pool } = createPool(2, { load: ({ id }) => (id === "slow" ? new Promise(() => {}) : Promise.resolve()) });
    void pool.lease(spec("slow")).catch(() => {});
    expect((await pool.lease(spec("fast"))).started).toBeDefined();
    expect(pool.loadedCount).toBe(1);
    await pool.close();
  });

  test("whose process dies is counted, and keeps its place", async () => {
    const { pool, source, told } = createPool(1);
    await pool.lease(spec("a"));
    source.listeners.get("a reranker")?.onDeath();
    source.listeners.get("a reranker")?.onNotice("it is started again");
    expect(pool.deaths).toBe(1);
    expect(told()).toEqual(["a loading", "a loaded", "a died", "a notice"]);
  });

  test("that fails again and again is replaced by a new process when nobody works with it", async () => {
    const { pool, source } = createPool(1);
    const lease = await pool.lease(spec("a"));
    for (const isFailure of [true, true, false, true, true]) lease.tellOutcome(isFailure);
    expect(pool.status(spec("a"))).toMatchObject({ state: "loaded" });
    lease.tellOutcome(true);
    const next = pool.lease(spec("a"));
    await settled();
    expect(source.started).toHaveLength(1);
    lease.release();
    expect((await next).started).not.toBe(lease.started);
    expect(source.closed).toEqual(["a reranker"]);
  });
});

describe("memory", () => {
  test("the least recently used model without work makes room", async () => {
    const { pool, source } = createPool(3);
    for (const id of ["a", "b", "c"]) (await pool.lease(spec(id))).release();
    (await pool.lease(spec("a"))).release();
    await pool.lease(spec("d"));
    expect(source.closed).toEqual(["b reranker"]);
    expect(pool.loadedCount).toBe(3);
  });

  test("a model that works stays, and a more recently used one that does not makes room", async () => {
    const { pool, source } = createPool(2);
    await pool.lease(spec("works"));
    (await pool.lease(spec("rests"))).release();
    await pool.lease(spec("new"));
    expect(source.closed).toEqual(["rests reranker"]);
  });

  test("nothing is unloaded where there is room", async () => {
    const { pool, source } = createPool(2);
    (await pool.lease(spec("a"))).release();
    (await pool.lease(spec("b"))).release();
    expect(source.closed).toEqual([]);
  });

  test("a model waits for one that works, whose next users wait behind it", async () => {
    const { pool, source, told } = createPool(1);
    const working = await pool.lease(spec("a"));
    const waiting = pool.lease(spec("b"));
    const behind = pool.lease(spec("a"));
    await settled();
    expect(source.started).toEqual(["a reranker"]);
    working.release();
    const second = await waiting;
    await settled();
    expect(source.started).toEqual(["a reranker", "b reranker"]);
    second.release();
    await behind;
    expect(told()).toEqual(["a loading", "a loaded", "a unloaded", "b loading", "b loaded", "b unloaded", "a loading", "a loaded"]);
  });

  test("whoever waits for room may leave: what was to make room stays, and serves on", async () => {
    const { pool, source } = createPool(1);
    const working = await pool.lease(spec("a"));
    const gone = new AbortController();
    const waiting = pool.lease(spec("b"), gone.signal).catch((error: unknown) => error);
    const behind = pool.lease(spec("a"));
    await settled();
    gone.abort(new Error("late"));
    expect(await waiting).toEqual(new Error("late"));
    expect((await behind).started).toBe(working.started);
    working.release();
    expect(source.started).toEqual(["a reranker"]);
    expect(pool.modelCount).toBe(1);
  });

  test("room that comes from elsewhere lets stay what was asked to leave", async () => {
    const { pool, source } = createPool(2);
    await pool.lease(spec("a"));
    const b = await pool.lease(spec("b"));
    const waiting = pool.lease(spec("c"));
    await settled();
    // "a" is the least recently used one and was asked; "b" is done first.
    b.release();
    await waiting;
    expect(source.closed).toEqual(["b reranker"]);
    expect((await pool.lease(spec("a"))).started).toBeDefined();
    expect(source.started).toEqual(["a reranker", "b reranker", "c reranker"]);
  });

  test("what does not fit at all is refused, with both sizes", async () => {
    const { pool, source } = createPool(1);
    (await pool.lease(spec("a"))).release();
    const { kind, cause } = await serviceErrorOf(pool.lease(spec("huge", 5e9)));
    expect(kind).toBe("unavailable");
    expect((cause as Error).message).toBe("the reranker huge needs about 6.1 GB of memory, and all models together may have 240 MB");
    expect(source.closed).toEqual([]);
    expect(pool.modelCount).toBe(1);
  });

  test("what was measured counts, not what was estimated", async () => {
    const source = createFakeSource();
    const closed: string[] = [];
    const pool = new ModelPool({
      source: { start: (wanted, listeners) => ({ ...source.start(wanted, listeners), memoryBytes: async () => 2 * ONE, close: async () => void closed.push(wanted.id) }) },
      memoryBytes: 2 * ONE,
      onEvent() {},
    });
    (await pool.lease(spec("a"))).release();
    await settled();
    expect(pool.status(spec("a"))).toMatchObject({ memoryBytes: 2 * ONE });
    await pool.lease(spec("b"));
    expect(closed).toEqual(["a"]);
  });
});

test("closing ends every process and everybody's waiting, and starts nothing again", async () => {
  const { pool, source } = createPool(1);
  await pool.lease(spec("a"));
  const waiting = serviceErrorOf(pool.lease(spec("b")));
  const behind = serviceErrorOf(pool.lease(spec("a")));
  await settled();
  await pool.close();
  expect((await waiting).kind).toBe("unavailable");
  expect((await behind).kind).toBe("unavailable");
  expect((await serviceErrorOf(pool.lease(spec("c")))).kind).toBe("unavailable");
  expect(source.started).toEqual(["a reranker"]);
  expect(pool.modelCount).toBe(0);
});

test("nothing is kept of thousands of models that came and went", async () => {
  const { pool } = createPool(2, { load: async ({ id }) => (id.endsWith("7") ? Promise.reject(new UserError("damaged")) : undefined) });
  for (let i = 0; i < 2000; i++) await pool.lease(spec(`model ${i}`)).then(({ release }) => release(), () => {});
  expect(pool.modelCount).toBeLessThanOrEqual(2);
});
