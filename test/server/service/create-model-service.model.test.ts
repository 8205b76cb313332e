import { onTestFinished, describe, expect, test } from "vitest";
import { UserError } from "../../../src/domain/errors.ts";
import type { EncoderSpec, ModelRole } from "../../../src/domain/model-spec.ts";
import { startInference } from "../../../src/inference/inference-client.ts";
import type { ModelService } from "../../../src/server/model-service.ts";
import { createModelService, type ModelServiceOptions } from "../../../src/server/service/create-model-service.ts";
import type { ModelSource, ServiceEvent } from "../../../src/server/service/model-source.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { inferenceProcessesOf, until } from "../../support/inference-processes.ts";
import { miniEmbedderSpec, miniRerankerSpec } from "../../support/mini-specs.ts";
import { callerNamed } from "../../support/start-model-service.ts";

const a = callerNamed("a");
const TEXTS = [
  "Descale the kettle with citric acid once a month, then rinse it twice.",
  "The office is closed on public holidays.",
  "Limescale comes from hard water; vinegar or citric acid removes it.",
  "Bread rises best in a warm place.",
  ...Array.from({ length: 40 }, (_, i) => `Note ${i}: the kettle boils ${i} litres of water a day.`),
];
const QUERY = "how do I remove limescale from a kettle?";

const specs: Record<ModelRole, EncoderSpec> = { embedder: miniEmbedderSpec, reranker: miniRerankerSpec };

/** The bundled pair, each half in a process of its own. */
const source: ModelSource = {
  async locate(name, role) {
    if (name !== "mini") throw new UserError(`there is no model called "${name}"`);
    return specs[role];
  },
  ready: async () => ["mini"],
  start: (spec, listeners) => startInference({ [spec.role]: spec, device: "cpu", onNotice: (line) => listeners.onNotice(line), onDeath: () => listeners.onDeath() }),
};

function startService(options: Partial<ModelServiceOptions> = {}): ModelService {
  const service = createModelService({
    source,
    defaults: { embedder: "mini", reranker: "mini" },
    allowed: [],
    aliases: new Map(),
    memoryBytes: 2e9,
    queueRequests: 100,
    queueTokens: 1e6,
    ...options,
  });
  onTestFinished(() => service.close());
  return service;
}

describe("with the bundled pair", () => {
  test("many requests at a time are answered as the models alone answer them, bit by bit", async () => {
    const service = startService();
    const alone = startInference({ embedder: miniEmbedderSpec, reranker: miniRerankerSpec, device: "cpu" });
    onTestFinished(() => alone.close());
    const requests = [TEXTS, TEXTS.slice(0, 3), TEXTS.toReversed(), TEXTS.slice(1, 12)];
    const expected = [];
    for (const [i, texts] of requests.entries()) expected.push(await alone.reranker.score(`${QUERY} ${i}`, texts));
    const replies = await Promise.all(requests.map((texts, i) => service.score({ query: `${QUERY} ${i}`, texts }, callerNamed(`client ${i % 2}`))));
    expect(replies.map(({ judgments }) => judgments)).toEqual(expected);
    const { embeddings } = await service.embed({ inputs: TEXTS, use: "passage" }, a);
    expect(embeddings.map(({ vector }) => vector)).toEqual((await alone.embedder.embedPassages(TEXTS)).map(({ vector }) => vector));
    expect((await service.embed({ inputs: [QUERY], use: "query" }, a)).embeddings[0]?.vector).toEqual((await alone.embedder.embedQuery(QUERY)).vector);
    expect(await service.countTokens(TEXTS, undefined, a)).toEqual(await alone.embedder.countTokens(TEXTS));
  });

  test("tokens are counted as the model reads them, and the log hears how it loaded", async () => {
    const events: ServiceEvent[] = [];
    const service = startService({ onEvent: (event) => events.push(event) });
    const { inputTokens, usage } = await service.score({ query: QUERY, texts: [...TEXTS, ...TEXTS] }, a);
    expect(usage.computedTokens).toBeGreaterThan(TEXTS.length * 10);
    expect(inputTokens).toBe(2 * usage.computedTokens);
    const loaded = events.find((event) => event.type === "model-loaded" && event.spec.role === "reranker");
    expect(loaded).toMatchObject({ device: "cpu" });
    await until(() => service.state === "ready");
    const [embedder, reranker] = await service.models();
    for (const model of [embedder, reranker]) expect(model?.memoryBytes).toBeGreaterThan(50e6);
  });

  test("a query that is longer than the model reads is told, and is not where it is not", async () => {
    const service = startService();
    expect(await service.score({ query: "kettle ".repeat(800), texts: TEXTS.slice(0, 2) }, a)).toMatchObject({ queryTruncated: true });
    expect(await service.score({ query: QUERY, texts: TEXTS.slice(0, 2) }, a)).toMatchObject({ queryTruncated: false });
  });

  // `ps` is asked for the processes.
  test.skipIf(process.platform === "win32")("a process that dies twice in one request is told as unavailable, and the next request is answered", async () => {
    const service = startService();
    await service.score({ query: QUERY, texts: TEXTS.slice(0, 2) }, a);
    await service.embed({ inputs: [QUERY], use: "query" }, a);
    const kill = (): void => {
      for (const pid of inferenceProcessesOf(process.pid)) process.kill(pid, "SIGKILL");
    };
    let told = 0;
    const onJudgment = (): void => {
      told += 1;
      if (told % 4 === 1) kill();
    };
    const reason: unknown = await service.score({ query: QUERY, texts: TEXTS, onJudgment }, a).catch((error: unknown) => error);
    expect(reason).toBeInstanceOf(ServiceError);
    expect(reason).toMatchObject({ kind: "unavailable", retryAfterSeconds: 1 });
    expect((await service.score({ query: QUERY, texts: TEXTS }, a)).judgments).toHaveLength(TEXTS.length);
    // Both processes were killed, also the one that nobody was using.
    expect((await service.embed({ inputs: [QUERY], use: "query" }, a)).embeddings).toHaveLength(1);
    expect(service.load().deaths).toBeGreaterThanOrEqual(3);
  });

  test.skipIf(process.platform === "win32")("processes that die while nobody asks are started anew before somebody does", async () => {
    const service = startService();
    await until(() => service.state === "ready");
    const killed = inferenceProcessesOf(process.pid);
    for (const pid of killed) process.kill(pid, "SIGKILL");
    await until(() => service.state === "loading");
    await until(() => service.state === "ready");
    expect(service.load()).toMatchObject({ deaths: 2, loadedModels: 2 });
    const running = inferenceProcessesOf(process.pid);
    expect(running).toHaveLength(2);
    expect(running.filter((pid) => killed.includes(pid))).toEqual([]);
    expect((await service.score({ query: QUERY, texts: ["x"] }, a)).judgments).toHaveLength(1);
    expect(service.load().deaths).toBe(2);
  });

  test.skipIf(process.platform === "win32")("closing leaves no process behind", async () => {
    const before = inferenceProcessesOf(process.pid).length;
    const service = startService();
    await service.score({ query: QUERY, texts: ["x"] }, a);
    expect(inferenceProcessesOf(process.pid).length).toBe(before + 2);
    await service.close();
    expect(inferenceProcessesOf(process.pid).length).toBe(before);
  });
});
