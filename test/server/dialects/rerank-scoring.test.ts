import { getEventListeners } from "node:events";
import type { FastifyReply } from "fastify";
import { expect, test } from "vitest";
import type { ScoreReply } from "../../../src/server/model-service.ts";
import { scoreGroups, scoreTexts, tellScoring } from "../../../src/server/dialects/rerank-scoring.ts";
import { toldWorkOf } from "../../../src/server/http/tell-work.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { createFakeModelService } from "../../support/fake-model-service.ts";

test("tells the work of a request that has more groups than a call takes arguments", async () => {
  const none = await createFakeModelService().score({ query: "kettle", texts: [] }, { client: "a", signal: new AbortController().signal });
  const scored = Array.from({ length: 200_000 }, (_, position): ScoreReply => ({ ...none, inputTokens: 1, queueMs: 5 + (position % 3), inferenceMs: 10 }));
  const reply = { request: {}, elapsedTime: 20, headers: () => reply, header: () => reply };
  tellScoring(reply as unknown as FastifyReply, scored);
  expect(toldWorkOf(reply.request as never)).toMatchObject({ queueMs: 5, inferenceMs: 12, inputTokens: 200_000 });
});

test("leaves nothing behind with the signal of the client, whatever becomes of the work", async () => {
  const models = createFakeModelService();
  const { signal } = new AbortController();
  const caller = { client: "a", signal };
  await scoreTexts(models, { query: "kettle", texts: ["a kettle"], refuseTruncated: () => new ServiceError("invalid", "too long") }, caller);
  await scoreGroups([1, 2, 3], caller, async (group) => group);
  await expect(scoreGroups([1, 2, 3], caller, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("ends what runs for a client that leaves, and the other groups where one fails", async () => {
  const gone = new AbortController();
  const reasons: unknown[] = [];
  const untilAborted = (_group: number, { signal }: { readonly signal: AbortSignal }) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => (reasons.push(signal.reason), reject(signal.reason))));
  const left = scoreGroups([1, 2], { client: "a", signal: gone.signal }, untilAborted);
  gone.abort("left");
  await expect(left).rejects.toBe("left");
  const failed = scoreGroups([1, 2], { client: "a", signal: new AbortController().signal }, (group, caller) => (group === 1 ? Promise.reject(new Error("no")) : untilAborted(group, caller)));
  await expect(failed).rejects.toThrow("no");
  expect(reasons).toEqual(["left", "left", expect.objectContaining({ message: "no" })]);
});
