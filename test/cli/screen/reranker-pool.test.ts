import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ModelListing } from "../../../src/adapters/models/list-models.ts";
import { createRerankerPool, type RerankerPool } from "../../../src/cli/screen/reranker-pool.ts";
import { UserError } from "../../../src/domain/errors.ts";
import { createFakeInference, type FakeInference } from "../../support/fake-inference.ts";
import { fakeSpec } from "../../support/fake-models.ts";

const LISTED = [
  { name: "own", role: "reranker", state: "bundled" },
  { name: "own", role: "embedder", state: "bundled" },
  { name: "second", role: "reranker", state: "here" },
  { name: "qwen", role: "reranker", state: "here", compiled: ["int8", "int4"] },
  { name: "uncompiled", role: "reranker", state: "here", compiled: [] },
  { name: "broken", role: "reranker", state: "here" },
  { name: "absent", role: "reranker", state: "absent" },
  { name: "damaged", role: "reranker", state: "damaged" },
] as unknown as readonly ModelListing[];

let started: Map<string, FakeInference>;
let failing: Set<string>;
let slow: Set<string>;
let pool: RerankerPool;

beforeEach(() => {
  slow = new Set();
  started = new Map();
  failing = new Set();
  pool = createRerankerPool({
    own: { spec: fakeSpec("reranker", "own"), inference: createFakeInference() },
    locator: { list: async () => [...LISTED] },
    async locate(name) {
      if (name === "broken") throw new UserError("broken cannot be used");
      return fakeSpec("reranker", name);
    },
    start(spec) {
      const load = async () => {
        if (slow.has(spec.id)) await new Promise(() => {});
        if (failing.has(spec.id)) throw new UserError(`${spec.id} cannot be loaded`);
      };
      const inference = createFakeInference({ load });
      started.set(spec.id, inference);
      return inference;
    },
  });
});

const currentName = () => pool.current().spec.id;

describe("the rerankers of a session", () => {
  test("offer what can judge at once, each precision by its name, without the current one", async () => {
    expect(await pool.others()).toEqual(["second", "qwen:int8", "qwen:int4"]);
    await pool.change("second");
    expect(await pool.others()).toEqual(["own", "qwen:int8", "qwen:int4"]);
  });

  test("keep one other warm beside the session's own, and end the one before", async () => {
    await pool.change("second");
    expect(currentName()).toBe("second");
    await pool.change("own");
    await pool.change("second");
    expect([currentName(), started.size, started.get("second")?.isClosed]).toEqual(["second", 1, false]);
    await pool.change("qwen:int4");
    expect([currentName(), started.get("second")?.isClosed, started.get("qwen:int4")?.isClosed]).toEqual(["qwen:int4", true, false]);
  });

  test("stay as they are when the new one cannot be loaded or found", async () => {
    await pool.change("second");
    failing.add("qwen:int8");
    await expect(pool.change("qwen:int8")).rejects.toThrow("qwen:int8 cannot be loaded");
    await expect(pool.change("broken")).rejects.toThrow("broken cannot be used");
    expect([currentName(), started.get("second")?.isClosed, started.get("qwen:int8")?.isClosed]).toEqual(["second", false, true]);
  });

  test("change one after the other when asked twice at once", async () => {
    await Promise.all([pool.change("second"), pool.change("qwen:int8")]);
    expect([currentName(), started.get("second")?.isClosed]).toEqual(["qwen:int8", true]);
  });

  test("end what was started, and leave the session's own to the session", async () => {
    await pool.change("second");
    await pool.close();
    expect(started.get("second")?.isClosed).toBe(true);
    await pool.change("own");
    expect((pool.current().inference as FakeInference).isClosed).toBe(false);
  });

  test("end what still loads, beside the one that stays warm, and start nothing more", async () => {
    await pool.change("second");
    slow.add("qwen:int8");
    void pool.change("qwen:int8");
    await vi.waitFor(() => expect(started.has("qwen:int8")).toBe(true));
    await pool.close();
    expect([started.get("second")?.isClosed, started.get("qwen:int8")?.isClosed]).toEqual([true, true]);
  });

  test("start nothing when the session has ended while the model was looked for", async () => {
    const changed = pool.change("second");
    await pool.close();
    await expect(changed).rejects.toThrow("the session has ended");
    expect(started.size).toBe(0);
  });
});
