import { describe, expect, test } from "vitest";
import { fakeSpec } from "../../support/fake-models.ts";
import { ModelNames, type ModelNamesOptions } from "../../../src/server/service/model-names.ts";
import { BOTH, createFakeSource } from "../../support/fake-model-source.ts";
import { serviceErrorOf } from "../../support/start-model-service.ts";

const READY = { mini: BOTH, "qwen3-0.6b": BOTH, e5: ["embedder"], bge: ["reranker"], "big:int8": BOTH } as const;

function createNames(options: Partial<ModelNamesOptions> = {}) {
  const source = createFakeSource({ ready: READY });
  let now = 0;
  const names = new ModelNames({ source, defaults: { embedder: "mini", reranker: "mini" }, allowed: [], aliases: new Map(), now: () => now, ...options });
  return {
    names,
    source,
    wait(ms: number) {
      now += ms;
    },
    async idOf(wanted: string | undefined, role: "embedder" | "reranker" = "reranker") {
      return (await names.find(wanted, role)).spec.id;
    },
    errorOf: (wanted: string, role: "embedder" | "reranker" = "reranker") => serviceErrorOf(names.find(wanted, role)),
  };
}

describe("without a name", () => {
  test("the server's own model answers, and gives its name", async () => {
    const { names } = createNames();
    expect(await names.find(undefined, "embedder")).toMatchObject({ spec: { id: "mini", role: "embedder" }, modelName: "mini" });
  });

  test("a server's own model that is not here is unavailable, until it is", async () => {
    const { names, source, wait } = createNames({ defaults: { embedder: "mini", reranker: "new" } });
    expect(await serviceErrorOf(names.find(undefined, "reranker"))).toMatchObject({ kind: "unavailable" });
    source.readyNames.set("new", BOTH);
    wait(5000);
    expect((await names.find(undefined, "reranker")).spec.id).toBe("new");
  });
});

describe("a name", () => {
  test("of the server's own model serves both roles, in any case", async () => {
    const { idOf, names } = createNames();
    expect(await idOf("mini", "embedder")).toBe("mini");
    expect(await idOf(" MINI ", "reranker")).toBe("mini");
    expect((await names.find("MINI", "reranker")).modelName).toBe("MINI");
  });

  test("that the source gives the server's own model is known beside the one in the settings", async () => {
    const { source } = createNames();
    const locate: typeof source.locate = async (name, role) => ({ ...(await source.locate(name, role)), id: "Owner/Mini" });
    const { idOf } = createNames({ source: { ...source, locate } });
    expect(await idOf("owner/mini")).toBe("Owner/Mini");
    expect(await idOf("mini")).toBe("Owner/Mini");
  });

  test("that is on the list may be used, and the name that the client wrote comes back", async () => {
    const { names } = createNames({ allowed: ["qwen3-0.6b"] });
    expect(await names.find("Qwen3-0.6B", "reranker")).toMatchObject({ spec: { id: "qwen3-0.6b", role: "reranker" }, modelName: "Qwen3-0.6B" });
  });

  test("of two models means the first for embedding and the second for reranking, each of which must be allowed", async () => {
    const { idOf, errorOf } = createNames({ allowed: ["bge"] });
    expect(await idOf("mini+bge", "embedder")).toBe("mini");
    expect(await idOf("mini + bge", "reranker")).toBe("bge");
    expect((await errorOf("mini+qwen3-0.6b")).kind).toBe("unknown-model");
  });

  test("of two models on the list allows both halves, each in its role", async () => {
    const { idOf, errorOf } = createNames({ allowed: ["e5+bge"] });
    expect(await idOf("e5+bge", "embedder")).toBe("e5");
    expect(await idOf("bge", "reranker")).toBe("bge");
    expect((await errorOf("e5", "reranker")).kind).toBe("unknown-model");
  });

  test("that clients know a model by stands for it, and is allowed by that", async () => {
    const aliases = new Map([
      ["rerank-v3.5", "mini"],
      ["big-pair", "e5+bge"],
    ]);
    const { names, idOf } = createNames({ aliases });
    expect(await names.find("Rerank-v3.5", "reranker")).toMatchObject({ spec: { id: "mini" }, modelName: "Rerank-v3.5" });
    expect(await idOf("big-pair", "embedder")).toBe("e5");
    expect(await idOf("big-pair", "reranker")).toBe("bge");
    expect(await idOf("mini+rerank-v3.5", "reranker")).toBe("mini");
  });

  test('is every one that is ready, where "*" is allowed, with and without its precision', async () => {
    const { idOf, errorOf } = createNames({ allowed: ["*"] });
    expect(await idOf("bge")).toBe("bge");
    expect(await idOf("big:int8")).toBe("big:int8");
    expect(await idOf("BIG")).toBe("big:int8");
    for (const path of ["./bge", "/etc", "bg", "", "*"]) expect((await errorOf(path)).kind).toBe("unknown-model");
  });
});

describe("a model that may not be used", () => {
  test.each([
    ["unknown", "nobody"],
    ["not allowed", "bge"],
    ["allowed, and not ready", "later"],
    ["of another role", "e5"],
  ])("is told alike where it is %s, with the names that may be used", async (_why, name) => {
    const { errorOf } = createNames({ allowed: ["later", "e5", "qwen3-0.6b"] });
    const { kind, param, message } = await errorOf(name);
    expect({ kind, param }).toEqual({ kind: "unknown-model", param: "model" });
    expect(message).toBe(`there is no reranker "${name}" here; these may be used: mini, qwen3-0.6b`);
  });

  test("is not named in full when its name has no end", async () => {
    const { errorOf } = createNames();
    expect((await errorOf("x".repeat(100_000))).message.length).toBeLessThan(300);
  });

  test("is found when it is ready, without the disk being searched for each request before", async () => {
    const { idOf, errorOf, source, wait } = createNames({ allowed: ["later"] });
    let searches = 0;
    const { locate } = source;
    source.locate = (name, role) => {
      searches += 1;
      return locate(name, role);
    };
    for (let i = 0; i < 10; i++) await errorOf("later");
    expect(searches).toBeLessThanOrEqual(2);
    source.readyNames.set("later", BOTH);
    wait(5000);
    expect(await idOf("later")).toBe("later");
  });

  test("leaves nothing behind, however many names are tried", async () => {
    const { errorOf, names } = createNames({ allowed: ["*"] });
    for (let i = 0; i < 1000; i++) await errorOf(`name ${i}`);
    expect(names.knownCount).toBeLessThan(20);
  });
});

test("a model that was located already is taken as it is", async () => {
  const { names } = createNames();
  const spec = fakeSpec("reranker", "elsewhere");
  expect(await names.find(spec, "reranker")).toEqual({ spec, modelName: "elsewhere" });
  expect(await serviceErrorOf(names.find(spec, "embedder"))).toMatchObject({ kind: "unknown-model", message: "elsewhere is no embedder" });
});

test("all models that may be named are listed once, with all their names and the server's own first", async () => {
  const aliases = new Map([
    ["rerank-v3.5", "mini"],
    ["best", "bge"],
  ]);
  const { names } = createNames({ allowed: ["bge", "later", "*"], aliases });
  const listed = (await names.all("reranker")).map(({ spec, names: known, isDefault }) => [spec.id, known, isDefault]);
  expect(listed).toEqual([
    ["mini", ["mini", "rerank-v3.5"], true],
    ["bge", ["bge", "best"], false],
    ["qwen3-0.6b", ["qwen3-0.6b"], false],
    ["big:int8", ["big:int8"], false],
  ]);
});

describe("a model that was found", () => {
  test("is looked for again when it could not be loaded, and after some minutes", async () => {
    const { source, ...rest } = createNames();
    let looked = 0;
    const locate: typeof source.locate = (name, role) => {
      looked += 1;
      return source.locate(name, role);
    };
    let now = 0;
    const names = new ModelNames({ source: { ...source, locate }, defaults: { embedder: "mini", reranker: "mini" }, allowed: ["bge"], aliases: new Map(), now: () => now });
    const find = async () => (await names.find("bge", "reranker")).spec;
    const spec = await find();
    const first = looked;
    await find();
    expect(looked).toBe(first);
    names.forget({ ...spec, role: "embedder" });
    await find();
    expect(looked).toBe(first);
    names.forget(spec);
    await find();
    expect(looked).toBe(first + 1);
    now += 4 * 60_000;
    await find();
    expect(looked).toBe(first + 1);
    now += 2 * 60_000;
    await find();
    expect(looked).toBeGreaterThan(first + 1);
    expect(rest.names.knownCount).toBe(0);
  });
});
