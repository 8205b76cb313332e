import { expect, test } from "vitest";
import { checkMemory, unreadTokens, unusableModels } from "../../../src/cli/serve/check-models.ts";
import { UserError } from "../../../src/domain/errors.ts";
import type { ModelRole, ModelSpec } from "../../../src/domain/model-spec.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

const sized = (sizeBytes: number): Record<ModelRole, ModelSpec> => ({
  embedder: { ...fakeSpec("embedder", "small"), sizeBytes: 50_000_000 },
  reranker: { ...fakeSpec("reranker", "large"), sizeBytes },
});

test("models that fit together are nothing to tell", () => {
  expect(checkMemory(sized(50_000_000), 360_000_000)).toBeUndefined();
});

test("models that fit only one at a time are told with what each needs, and how much is enough", () => {
  const line = checkMemory(sized(100_000_000), 300_000_000);
  expect(line).toContain("do not fit into 300 MB together: large (reranker) about 240 MB, small (embedder) about 180 MB");
  const enough = Number(/--model-memory (\d+)MB holds both/.exec(line ?? "")?.[1]) * 1e6;
  expect(checkMemory(sized(100_000_000), enough)).toBeUndefined();
});

test("a model that does not fit alone is refused", () => {
  const { message, hint } = userErrorOf(() => checkMemory(sized(1_000_000_000), 300_000_000));
  expect(message).toMatch(/^large \(reranker\) needs about 1\.3 GB of memory, and all models together may have 300 MB$/);
  expect(hint).toContain("--model-memory 1500MB");
});

const HERE: Readonly<Record<string, readonly ModelRole[]>> = { other: ["reranker"], vectors: ["embedder"], "a+b": ["reranker"] };

async function locate(name: string, role: ModelRole): Promise<ModelSpec> {
  if (name === "absent") throw role === "reranker" ? new UserError("absent is not on this machine", { hint: "bring it: rerank models pull absent" }) : new UserError("absent is no embedder", { hint: "x" });
  if (HERE[name]?.includes(role) !== true) throw new UserError(`there is no model "${name}"`, { hint: "see rerank models list" });
  return fakeSpec(role, name);
}

test("names that no request would find are told, each with what to do", async () => {
  const own = sized(1);
  const aliases = new Map([["foo", "nope"], ["fine", "other"], ["mine", "LARGE"], ["both", "vectors+other"], ["half", "vectors+nope"]]);
  const allowed = ["*", "other", "vectors", "absent", "a+b", "cohere:rerank-v3.5"];
  expect(await unusableModels({ allowed, aliases, own, locate })).toEqual([
    "--allow-model absent will be of no use: absent is not on this machine (bring it: rerank models pull absent)",
    '--alias foo=nope will be of no use: there is no model "nope" (see rerank models list)',
    expect.stringMatching(/^--alias half=vectors\+nope will be of no use: there is no model/),
  ]);
});

test("a length that a model does not read is told with who asks for it", () => {
  const model = { ...fakeSpec("reranker", "mini"), maxTokens: 512 };
  expect(unreadTokens(model, 8192, "MAX_SEQ_LENGTH")).toBe("MAX_SEQ_LENGTH asks for 8192 tokens, and mini (reranker) reads 512: what is longer is cut there");
  expect(unreadTokens(model, 512, "MAX_SEQ_LENGTH")).toBeUndefined();
  expect(unreadTokens(model, undefined, "")).toBeUndefined();
});
