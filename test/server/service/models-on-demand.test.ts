import { describe, expect, test } from "vitest";
import { ModelLoadFailed, UserError } from "../../../src/domain/errors.ts";
import type { ServiceEvent } from "../../../src/server/service/model-source.ts";
import { estimateMemory } from "../../../src/server/service/pooled-model.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { modelDeath } from "../../support/fake-model-source.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { until } from "../../support/inference-processes.ts";
import { callerNamed, serviceErrorOf, settled, startModelService } from "../../support/start-model-service.ts";

const a = callerNamed("a");
const b = callerNamed("b");
const REQUEST = { query: "q", texts: ["x", "yy"] };
const ROOM_FOR_TWO = 2 * estimateMemory({ sizeBytes: 0 });

describe("the server's own models", () => {
  test("begin to load at once, and make it ready when both have loaded", async () => {
    const loads: (() => void)[] = [];
    const { service, source } = startModelService({}, { load: () => new Promise<void>((resolve) => loads.push(resolve)) });
    expect(service.state).toBe("loading");
    await settled();
    expect(source.started.toSorted()).toEqual(["mini embedder", "mini reranker"]);
    loads[0]?.();
    await settled();
    expect(service.state).toBe("loading");
    loads[1]?.();
    await settled();
    expect(service.state).toBe("ready");
  });

  test("leave it ready when they make room for others", async () => {
    const { service, source } = startModelService({ memoryBytes: ROOM_FOR_TWO, allowed: ["other"] });
    await settled();
    await service.score({ ...REQUEST, model: "other" }, a);
    await service.embed({ inputs: ["x"], use: "passage", model: "other" }, a);
    expect(source.closed.toSorted()).toEqual(["mini embedder", "mini reranker"]);
    expect(service.state).toBe("ready");
    expect(service.load().loadedModels).toBe(2);
  });

  test("fail it when one cannot be loaded, until a later request has loaded it", async () => {
    let isBroken = true;
    const load = async ({ role }: { role: string }): Promise<void> => {
      if (isBroken && role === "reranker") throw new UserError("the graph is damaged");
    };
    const events: ServiceEvent[] = [];
    const { service } = startModelService({ onEvent: (event) => events.push(event) }, { load });
    await settled();
    expect(service.state).toBe("failed");
    expect(await serviceErrorOf(service.score(REQUEST, a))).toMatchObject({ kind: "unavailable", message: "mini cannot be loaded; the server's log says why", cause: new UserError("the graph is damaged") });
    expect((await service.models()).map(({ role, state }) => [role, state])).toEqual([
      ["embedder", "loaded"],
      ["reranker", "failed"],
    ]);
    isBroken = false;
    expect((await service.score(REQUEST, a)).judgments).toHaveLength(2);
    await settled();
    expect(service.state).toBe("ready");
    expect(events.filter(({ type }) => type === "model-failed")).toHaveLength(2);
  });

  test("fail it when one is not on this machine, and the log hears of it", async () => {
    const events: ServiceEvent[] = [];
    const { service } = startModelService({ defaults: { embedder: "mini", reranker: "missing" }, onEvent: (event) => events.push(event) });
    await settled();
    expect(service.state).toBe("failed");
    expect(events).toContainEqual({ type: "default-missing", role: "reranker", error: expect.objectContaining({ kind: "unavailable" }) });
    expect(await serviceErrorOf(service.score(REQUEST, a))).toMatchObject({ kind: "unavailable" });
  });

  test("that were located already are taken as they are", async () => {
    const reranker = fakeSpec("reranker", "own");
    const { service, source } = startModelService({ defaults: { embedder: fakeSpec("embedder", "own"), reranker } });
    const reply = await service.score({ ...REQUEST, model: "own" }, a);
    expect(reply.spec).toBe(reranker);
    expect(source.started.toSorted()).toEqual(["own embedder", "own reranker"]);
  });
});

describe("a model that a request names", () => {
  test("is loaded when it is first asked for, and answers under the client's name for it", async () => {
    const { service, source } = startModelService({ aliases: new Map([["rerank-v3.5", "other"]]) });
    await settled();
    expect(source.started).not.toContain("other reranker");
    expect(await service.score({ ...REQUEST, model: "rerank-v3.5" }, a)).toMatchObject({ spec: { id: "other" }, modelName: "rerank-v3.5" });
    expect(source.started).toContain("other reranker");
  });

  test("and that may not be used is refused before anything waits", async () => {
    const { service, source } = startModelService();
    for (const call of [service.score({ ...REQUEST, model: "other" }, a), service.embed({ inputs: ["x"], use: "query", model: "other" }, a), service.countTokens(["x"], "other", a), service.locate("other", "reranker")]) {
      expect(await serviceErrorOf(call)).toMatchObject({ kind: "unknown-model", param: "model" });
    }
    await settled();
    expect(source.started.toSorted()).toEqual(["mini embedder", "mini reranker"]);
  });

  test("does not hold up others while it loads", async () => {
    let finish = (): void => {};
    const { service } = startModelService({ allowed: ["other"] }, { load: ({ id }) => (id === "other" ? new Promise<void>((resolve) => (finish = resolve)) : Promise.resolve()) });
    const slow = service.score({ ...REQUEST, model: "other" }, a);
    await settled();
    expect((await service.score(REQUEST, a)).judgments).toHaveLength(2);
    expect(service.load().waitingRequests).toBe(1);
    finish();
    expect((await slow).judgments).toHaveLength(2);
  });

  test("waits for one that works, within the time that its caller has", async () => {
    const { service, source } = startModelService({ memoryBytes: ROOM_FOR_TWO, allowed: ["other"] }, { delayMs: 5 });
    await settled();
    const embedding = service.embed({ inputs: Array.from({ length: 100 }, (_, i) => `passage ${i}`), use: "passage" }, b);
    const working = service.score({ query: "q", texts: Array.from({ length: 40 }, (_, i) => `text ${i}`) }, a);
    await settled();
    const late = new AbortController();
    const impatient = service.score({ ...REQUEST, model: "other" }, callerNamed("b", late.signal)).catch((error: unknown) => error);
    const patient = service.score({ ...REQUEST, model: "other" }, a);
    await settled();
    late.abort(new Error("late"));
    expect(await impatient).toEqual(new Error("late"));
    expect(source.started).not.toContain("other reranker");
    expect((await patient).judgments).toHaveLength(2);
    expect((await working).judgments).toHaveLength(40);
    expect((await embedding).embeddings).toHaveLength(100);
    expect(source.closed.length).toBeGreaterThan(0);
  });

  test("is listed with its names and whether it is loaded", async () => {
    const { service } = startModelService({ allowed: ["other", "missing"], aliases: new Map([["rerank-v3.5", "mini"]]) });
    await service.score({ ...REQUEST, model: fakeSpec("reranker", "brought") }, a);
    await settled();
    expect((await service.models()).map(({ names, role, isDefault, state, device }) => [names.join(" "), role, isDefault, state, device])).toEqual([
      ["mini rerank-v3.5", "embedder", true, "loaded", "cpu"],
      ["other", "embedder", false, "available", null],
      ["mini rerank-v3.5", "reranker", true, "loaded", "cpu"],
      ["other", "reranker", false, "available", null],
      ["", "reranker", false, "loaded", "cpu"],
    ]);
  });
});

describe("a process that dies", () => {
  test("is told as unavailable for a moment, and the next request is answered", async () => {
    let deaths = 1;
    const { service, source } = startModelService({}, { failure: () => (deaths-- > 0 ? modelDeath() : undefined) });
    const texts = Array.from({ length: 50 }, (_, i) => `text ${i}`);
    const error = await serviceErrorOf(service.score({ query: "q", texts }, a));
    expect({ kind: error.kind, retryAfterSeconds: error.retryAfterSeconds }).toEqual({ kind: "unavailable", retryAfterSeconds: 1 });
    source.listeners.get("mini reranker")?.onDeath();
    expect((await service.score({ query: "q", texts }, a)).judgments).toHaveLength(50);
    expect(service.load()).toMatchObject({ deaths: 1, waitingRequests: 0, runningTexts: 0 });
  });

  test("while nobody works with it is started anew, and told as loading until then", async () => {
    let isDead = false;
    const loads: (() => void)[] = [];
    const events: string[] = [];
    const load = async (): Promise<void> => {
      if (isDead) await new Promise<void>((resolve) => loads.push(resolve));
    };
    const { service, source } = startModelService({ onEvent: ({ type }) => events.push(type) }, { load, isDead: ({ role }) => isDead && role === "reranker" });
    await until(() => service.state === "ready");
    isDead = true;
    source.listeners.get("mini reranker")?.onDeath();
    await until(() => loads.length === 1);
    expect(service.state).toBe("loading");
    expect(service.load()).toMatchObject({ loadedModels: 1, deaths: 1 });
    expect((await service.models()).map(({ role, state }) => [role, state])).toEqual([["embedder", "loaded"], ["reranker", "loading"]]);
    isDead = false;
    loads[0]?.();
    await until(() => service.state === "ready");
    expect(source.started.filter((model) => model === "mini reranker")).toHaveLength(2);
    expect(events).not.toContain("model-unloaded");
  });

  test("and cannot be loaded again fails the server, and is tried again after a pause", async () => {
    let isDamaged = false;
    let tries = 0;
    const load = async ({ role }: { role: string }): Promise<void> => {
      if (!isDamaged || role !== "reranker") return;
      tries += 1;
      if (tries === 2) isDamaged = false;
      throw new UserError("the graph is damaged");
    };
    const { service, source } = startModelService({}, { load, isDead: ({ role }) => isDamaged && role === "reranker" });
    await until(() => service.state === "ready");
    isDamaged = true;
    source.listeners.get("mini reranker")?.onDeath();
    await until(() => service.state === "failed");
    await until(() => service.state === "ready");
    expect(tries).toBe(2);
  });

  test("ends the requests that were with it, and no others", async () => {
    const { service } = startModelService({}, { failure: (_spec, texts) => (texts.includes("deadly") ? modelDeath() : undefined), delayMs: 1 });
    const outcomes = await Promise.allSettled([service.score({ query: "q", texts: ["deadly"] }, a), service.score(REQUEST, b), service.embed({ inputs: ["x"], use: "passage" }, a)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  });

  test("while a model that failed is told as failed, and why is the log's to say: it may name folders", async () => {
    const cause = new UserError("the model file /home/somebody/model.onnx cannot be read");
    const { service } = startModelService({}, { failure: () => cause });
    expect(await serviceErrorOf(service.score(REQUEST, a))).toMatchObject({ kind: "model-failed", message: "mini has failed; the server's log says why", cause });
    expect(await serviceErrorOf(service.embed({ inputs: ["x"], use: "passage" }, a))).toMatchObject({ kind: "model-failed" });
  });

  test("and any other error is ours: it is not told as the model's", async () => {
    const fault = new TypeError("a fault");
    const { service } = startModelService({}, { failure: () => fault });
    await expect(service.score(REQUEST, a)).rejects.toBe(fault);
  });
});

describe("a process whose model cannot be loaded again", () => {
  test("is told as unavailable, makes the server fail, and is replaced for the next request", async () => {
    let isDamaged = true;
    const events: ServiceEvent[] = [];
    const error = new ModelLoadFailed("the model file /home/somebody/model.onnx cannot be read");
    const { service, source } = startModelService({ onEvent: (event) => events.push(event) }, { failure: ({ role }) => (isDamaged && role === "reranker" ? error : undefined) });
    await settled();
    expect(service.state).toBe("ready");
    expect(await serviceErrorOf(service.score(REQUEST, a))).toMatchObject({ kind: "unavailable", message: "mini cannot be loaded; the server's log says why", retryAfterSeconds: 10, cause: error });
    await settled();
    expect(service.state).toBe("failed");
    expect(events.slice(-1)).toEqual([{ type: "model-failed", spec: source.specs["mini reranker"], error }]);
    isDamaged = false;
    expect((await service.score(REQUEST, b)).judgments).toHaveLength(2);
    await settled();
    expect(service.state).toBe("ready");
    expect(source.started.filter((name) => name === "mini reranker")).toHaveLength(2);
  });
});

describe("a process that hangs", () => {
  function deadline(): { readonly signal: AbortSignal; readonly pass: () => void } {
    const controller = new AbortController();
    return { signal: controller.signal, pass: () => controller.abort(new ServiceError("deadline", "no answer in time")) };
  }

  test("is ended when it gave nothing to three requests until their deadline, and those with it are told to come again", async () => {
    let isHung = true;
    const { service, source } = startModelService({}, { hangs: () => isHung });
    await settled();
    for (let i = 0; i < 3; i++) {
      expect(source.closed).toEqual([]);
      const { signal, pass } = deadline();
      const late = serviceErrorOf(service.score(REQUEST, callerNamed("a", signal)));
      await settled();
      const other = i === 2 ? serviceErrorOf(service.score(REQUEST, b)) : undefined;
      await settled();
      pass();
      expect(await late).toMatchObject({ kind: "deadline" });
      if (other) expect(await other).toMatchObject({ kind: "unavailable", retryAfterSeconds: 1 });
    }
    await settled();
    expect(source.closed).toEqual(["mini reranker"]);
    isHung = false;
    expect((await service.score(REQUEST, a)).judgments).toHaveLength(2);
    expect(service.load()).toMatchObject({ runningTexts: 0, waitingRequests: 0, calls: 0 });
  });

  test("is not ended for clients that leave, nor where it gave something to others meanwhile", async () => {
    let isHung = true;
    const { service, source } = startModelService({}, { hangs: () => isHung });
    await settled();
    for (let i = 0; i < 5; i++) {
      const gone = new AbortController();
      const left = service.score(REQUEST, callerNamed("a", gone.signal)).catch(() => {});
      await settled();
      gone.abort(new Error("gone"));
      await left;
      isHung = true;
      const { signal, pass } = deadline();
      const late = serviceErrorOf(service.score(REQUEST, callerNamed("a", signal)));
      await settled();
      isHung = false;
      await service.score(REQUEST, b);
      pass();
      await late;
    }
    expect(source.closed).toEqual([]);
  });

  test("gives the places of counts and of token ids back, whose work cannot be stopped", async () => {
    const { service } = startModelService({}, { hangs: () => true });
    await settled();
    const { signal, pass } = deadline();
    const late = [service.countTokens(["x"], undefined, callerNamed("a", signal)), service.embed({ inputs: [[1]], use: "passage" }, callerNamed("b", signal))].map((call) => serviceErrorOf(call));
    await settled();
    expect(service.load()).toMatchObject({ runningTexts: 2, calls: 2 });
    pass();
    await Promise.all(late);
    await settled();
    expect(service.load()).toMatchObject({ runningTexts: 0, calls: 0 });
  });
});
