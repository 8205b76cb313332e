import { expect, test } from "vitest";
import { findDevices } from "../../src/engine/find-devices.ts";
import { createOnnxSession } from "../../src/engine/onnx-session.ts";
import { tinyEmbedderSpec } from "../support/tiny-bert-specs.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

const { graphPath } = tinyEmbedderSpec;
const states = new Map((await findDevices()).map(({ device, state }) => [device, state]));

test("a session runs on the CPU when no device is named", async () => {
  const { session } = await createOnnxSession({ graphPath });
  expect(session.inputNames).toContain("input_ids");
});

test.skipIf(states.get("cuda") === "ready")("a device that fails is named, with a remedy and without places in C++", async () => {
  const error = await userRejectionOf(createOnnxSession({ graphPath, device: "cuda" }));
  expect(error.message).toMatch(/^ONNX Runtime cannot load .*model\.onnx on cuda: /);
  expect(error.hint).toMatch(/--device cpu/);
});

test("WebGPU without an adapter says so; with one, software or not, the graph loads", async () => {
  const outcome = await createOnnxSession({ graphPath, device: "webgpu" }).catch((error: unknown) => error as Error);
  if (!(outcome instanceof Error)) expect(outcome.session.inputNames).toContain("input_ids");
  else expect(outcome.message).toMatch(/model\.onnx on webgpu: (?!.*onnxruntime_src)/);
});
