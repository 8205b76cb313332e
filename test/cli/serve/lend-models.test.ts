import { existsSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeServer, lendingPlace, modelsOfServer } from "../../../src/cli/running-server.ts";
import { lendModels, type LendOptions } from "../../../src/cli/serve/lend-models.ts";
import type { LocalSpec } from "../../../src/domain/model-spec.ts";
import type { ServedModel } from "../../../src/server/model-service.ts";
import { createFakeModelService } from "../../support/fake-model-service.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { borrow, type FakeBorrower } from "../../support/warm-server.ts";

const SETTINGS = { device: "auto", threads: 0, longDocuments: "truncate" } as const;

async function lend(options: Partial<LendOptions> = {}) {
  const environment = { XDG_RUNTIME_DIR: tempFolder() };
  const service = createFakeModelService();
  const notices: string[] = [];
  const lending = await lendModels({ service, settings: SETTINGS, environment, memoryBytes: 1e9, onNotice: (line) => notices.push(line), onActivity() {}, ...options });
  onTestFinished(() => lending.close());
  return { environment, service, notices, lending };
}

/** A search for one text with a reranker. */
async function ask(environment: Readonly<Record<string, string>>, spec: LocalSpec): Promise<FakeBorrower> {
  const place = lendingPlace(environment);
  if (place === undefined) throw new Error("there is no place for a socket");
  const client = borrow({ ...place, greetingMs: 60_000 });
  client.send({ type: "load", specs: [spec], options: {} });
  client.send({ type: "score", id: 1, query: "red kettle", texts: ["a red kettle"], firstNumber: 1 });
  await client.until(() => client.ended !== undefined || client.messages.some(({ type }) => type === "done"));
  return client;
}

describe.skipIf(process.platform === "win32")("a server's models", () => {
  test("judge for a search of the same user, as a client of its own", async () => {
    const { environment, service } = await lend();
    const { spec } = (await service.models()).find(({ role }) => role === "reranker") ?? {};
    const clients = [await ask(environment, spec as LocalSpec), await ask(environment, spec as LocalSpec)];
    for (const { messages } of clients) expect(messages.find(({ type }) => type === "judgment")).toMatchObject({ judgment: { logit: 1, truncated: false } });
    // They were loaded: nothing was asked of them but the two searches.
    expect(service.scored.map(({ query }) => query)).toEqual(["red kettle", "red kettle"]);
    expect(new Set(service.scored.map(({ client }) => client)).size).toBe(2);
    expect(await describeServer(environment)).toMatch(/runs \(process \d+, .*serve\.sock\) and lends its models/);
  });

  test("make no room for one that a search brings along, and take it where there is room", async () => {
    const stranger = { ...fakeSpec("reranker", "stranger"), sizeBytes: 500_000_000 };
    const full = await lend({ memoryBytes: 5e8 });
    expect((await ask(full.environment, stranger)).ended).toEqual({ lost: undefined });
    expect(full.service.scored).toEqual([]);
    const roomy = await lend({ memoryBytes: 2e9 });
    expect((await ask(roomy.environment, stranger)).messages.map(({ type }) => type)).toEqual(["loaded", "judgment", "done"]);
    expect(roomy.service.scored.map(({ model }) => model)).toEqual([stranger, stranger]);
  });

  test("are looked at for room again when one has left, and one that loads is not in its own way", async () => {
    const stranger = { ...fakeSpec("reranker", "stranger"), sizeBytes: 100_000_000 };
    const service = createFakeModelService();
    const own = [...(await service.models())];
    let state: ServedModel["state"] | undefined;
    const brought = (): ServedModel[] => (state === undefined ? [] : [{ names: [], role: "reranker", isDefault: false, state, spec: stranger, device: "cpu", memoryBytes: null }]);
    service.models = async () => [...own, ...brought()];
    // Two of the server's own with 100 MB each, and 240 MB for the stranger.
    const { environment } = await lend({ service, memoryBytes: 4.5e8 });
    state = "loading";
    expect((await ask(environment, stranger)).messages.map(({ type }) => type)).toEqual(["loaded", "judgment", "done"]);
    state = undefined;
    own.push({ names: ["other"], role: "reranker", isDefault: false, state: "loaded", spec: fakeSpec("reranker", "other"), device: "cpu", memoryBytes: 2e8 });
    expect((await ask(environment, stranger)).ended).toEqual({ lost: undefined });
  });

  test("are used as the server knows them, whatever a search says of them; a spec without sizes is none", async () => {
    const { environment, service } = await lend();
    const { spec } = (await service.models()).find(({ role }) => role === "reranker") ?? {};
    await ask(environment, { ...(spec as LocalSpec), maxTokens: 1e9 });
    expect(service.scored.map(({ model }) => model)).toEqual([spec]);
    for (const wrong of [{ maxTokens: -1 }, { maxTokens: "512" }, { sizeBytes: -1 }, { sizeBytes: undefined }]) {
      expect((await ask(environment, { ...fakeSpec("reranker", "wrong"), ...wrong } as LocalSpec)).ended).toEqual({ lost: undefined });
    }
    expect(service.scored).toHaveLength(1);
  });

  test("are not asked for where the user does not want it, or no server runs", async () => {
    const { environment, lending } = await lend();
    expect(modelsOfServer({ daemon: true }, environment)).toEqual({ borrow: expect.any(Function) as unknown });
    expect(modelsOfServer({ daemon: false }, environment)).toEqual({});
    await lending.close();
    expect(await describeServer(environment)).toMatch(/^no server lends its models/);
    expect(existsSync(lendingPlace(environment)?.socketPath ?? "")).toBe(false);
  });

  test("are lent by one of two servers", async () => {
    const first = await lend();
    const second = await lend({ environment: first.environment });
    expect(second.notices).toEqual([expect.stringContaining("another `rerank serve`")]);
    await second.lending.close();
    expect(await describeServer(first.environment)).toMatch(/lends its models/);
  });
});
