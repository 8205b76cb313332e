import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { ModelRole } from "../../src/domain/model-spec.ts";
import { findDevices } from "../../src/engine/find-devices.ts";
import { openDecoderSession } from "../../src/engine/qwen3/decoder-session.ts";
import { cosine } from "../../src/engine/qwen3/rounding-quality.ts";
import { type Inference, startInference } from "../../src/inference/inference-client.ts";
import { compiledModel } from "../support/compiled-qwen3.ts";
import { DecoderRefusal, type DecoderText, PATIENCE_MS, runDecoderProcess } from "../support/decoder-process.ts";
import { variantCheckpoint } from "../support/synthetic-checkpoint.ts";

vi.setConfig({ testTimeout: PATIENCE_MS });

/** WebGPU runs wherever it finds an adapter, a program that plays one included. */
let reasonToSkip: string | undefined;

/** No loader of Vulkan finds a driver with these. */
const WITHOUT_DRIVERS = { VK_ICD_FILENAMES: "/nonexistent.json", VK_DRIVER_FILES: "/nonexistent.json" };
const NO_ADAPTER = /on webgpu: Failed to get a WebGPU adapter/;
const isSoftware = (await findDevices()).some(({ device, state }) => device === "webgpu" && state === "software");

/** Ids that are tokens of the synthetic vocabulary, in no order. */
const ids = (count: number): number[] => Array.from({ length: count }, (_, place) => (Math.imul(place + count, 2_654_435_761) >>> 0) % 151_000);
/** On both sides of 32 tokens, where WebGPU changes its kernels for attention, and of 512, where a CPU's run ends. */
const TEXTS: readonly DecoderText[] = [
  ...[1, 20, 31, 32, 33, 130, 600].map((count) => ({ ids: ids(count), cached: 0 })),
  ...[
    [33, 32],
    [71, 70],
    [130, 70],
    [130, 129],
    [200, 3],
  ].map(([count = 0, cached = 0]) => ({ ids: ids(count), cached })),
];
const SHORT: DecoderText = { ids: ids(5), cached: 0 };

async function graphOf(role: ModelRole): Promise<string> {
  return (await compiledModel(variantCheckpoint("tied"), role, "int4")).spec.graphPath;
}

beforeAll(async () => {
  try {
    await runDecoderProcess({ graphPath: await graphOf("reranker"), role: "reranker", wanted: "webgpu", texts: [SHORT] });
  } catch (error) {
    if (!(error instanceof DecoderRefusal) || !/cannot be had|Failed to get a WebGPU adapter/.test(error.message)) throw error;
    reasonToSkip = error.message.replace(/^.* on webgpu: /, "");
    process.stderr.write(`WebGPU's answers are not tested here: ${reasonToSkip}. CONTRIBUTING.md names drivers that need no hardware.\n`);
  }
}, PATIENCE_MS);

describe("a compiled Qwen3 on WebGPU", () => {
  beforeEach(({ skip }) => skip(reasonToSkip !== undefined, reasonToSkip));

  describe.each(["tied", "untied", "outliers"] as const)("%s checkpoint", (variant) => {
    test.each([
      ["embedder", "fp32"],
      ["embedder", "int4"],
      ["reranker", "fp32"],
      ["reranker", "int4"],
    ] as const)("%s in %s answers as on the CPU, whole and after a cached beginning", async (role, precision) => {
      const { spec } = await compiledModel(variantCheckpoint(variant), role, precision);
      const { device, answers } = await runDecoderProcess({ graphPath: spec.graphPath, role, wanted: "webgpu", texts: TEXTS });
      expect(device).toBe("webgpu");
      const cpu = await openDecoderSession({ graphPath: spec.graphPath, role });
      for (const [place, text] of TEXTS.entries()) {
        const expected = await cpu.run(Int32Array.from(text.ids), cpu.empty);
        const largest = Math.max(...(answers[place] ?? []).map((value, channel) => Math.abs(value - (expected[channel] ?? Number.NaN))));
        expect(largest, `${text.ids.length} tokens, ${text.cached} of them cached`).toBeLessThan(1e-3);
        expect(answers[place]).toHaveLength(expected.length);
      }
    });
  });
});

describe("the inference process", () => {
  const QUERY = "how do I remove limescale from a kettle?";
  const PASSAGES = ["Descale the kettle with citric acid once a month.", "Bananas are yellow. ".repeat(40), "水壶每月用柠檬酸除垢一次。"];
  const open: Inference[] = [];
  afterEach(async () => {
    for (const inference of open.splice(0)) await inference.close();
  });

  async function answersOn(device: "cpu" | "webgpu" | "auto") {
    const notices: string[] = [];
    const checkpoint = variantCheckpoint("tied");
    const [embedder, reranker] = [(await compiledModel(checkpoint, "embedder", "int4")).spec, (await compiledModel(checkpoint, "reranker", "int4")).spec];
    const inference = startInference({ embedder, reranker, device, onNotice: (line) => notices.push(line) });
    open.push(inference);
    const vectors = (await inference.embedder.embedPassages(PASSAGES)).map(({ vector }) => vector);
    const judgments = await inference.reranker.score(QUERY, PASSAGES);
    return { notices, vectors, logits: judgments.map(({ logit }) => logit) };
  }

  test("runs embedder and reranker side by side on WebGPU when it is asked for by name", async ({ skip }) => {
    skip(reasonToSkip !== undefined, reasonToSkip);
    const [cpu, gpu] = [await answersOn("cpu"), await answersOn("webgpu")];
    for (const [place, vector] of gpu.vectors.entries()) expect(cosine(vector, cpu.vectors[place] ?? [])).toBeGreaterThan(0.999_99);
    for (const [place, logit] of gpu.logits.entries()) expect(Math.abs(logit - (cpu.logits[place] ?? Number.NaN))).toBeLessThan(1e-3);
    // Software or not, another processor rounds in another way: the same bits would be the CPU's.
    expect(gpu.vectors).not.toEqual(cpu.vectors);
    expect(gpu.notices).toEqual([]);
  });

  test.runIf(isSoftware)("auto leaves a program that plays a graphics processor alone, and says nothing", async () => {
    const [cpu, auto] = [await answersOn("cpu"), await answersOn("auto")];
    expect(auto).toEqual(cpu);
    expect(auto.notices).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("a machine without any adapter", () => {
  test("refuses WebGPU by name, with the remedy", async () => {
    const refused = await runDecoderProcess({ graphPath: await graphOf("reranker"), role: "reranker", wanted: "webgpu", texts: [SHORT] }, WITHOUT_DRIVERS).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DecoderRefusal);
    const { message, hint } = refused as DecoderRefusal;
    expect(message).toMatch(NO_ADAPTER);
    expect(hint).toBe("install the driver of the graphics processor (on Linux its Vulkan driver and libvulkan1), or take --device cpu");
  });

  test.runIf(isSoftware)("runs on the CPU by auto, and says nothing", async () => {
    const { device, notices } = await runDecoderProcess({ graphPath: await graphOf("reranker"), role: "reranker", wanted: "auto", texts: [SHORT] }, WITHOUT_DRIVERS);
    expect([device, notices]).toEqual(["cpu", []]);
  });
});
