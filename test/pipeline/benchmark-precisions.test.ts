import { describe, expect, test } from "vitest";
import { measurePrecisions, recommend } from "../../src/pipeline/benchmark-precisions.ts";
import type { PrecisionProbe, ProbedWay } from "../../src/ports/precision-probe.ts";
import { precisionFigures, spread } from "../support/benchmark-report.ts";

const FREE_BYTES = 20e9;
const WAYS: readonly ProbedWay[] = [
  { precision: "fp32", device: "cpu" },
  { precision: "int8", device: "cpu" },
  { precision: "int4", device: "webgpu" },
];

/** Takes 1, 2 and 4 seconds for 256 tokens, by precision. */
function fakeProbe(time: PrecisionProbe["time"] = async ({ precision }) => [{ fp32: 4000, int8: 1000, int4: 2000 }[precision]]): PrecisionProbe {
  return { models: "qwen3-0.6b", tokens: 256, memoryBytes: (precision) => ({ fp32: 4e9, int8: 2e9, int4: 1e9 })[precision], time };
}

function measure(probe: PrecisionProbe, more: Partial<Parameters<typeof measurePrecisions>[0]> = {}) {
  return measurePrecisions({ probe, ways: WAYS, timeBoxMs: 1, candidateCount: 50, availableBytes: 3e9, measured: undefined, onWay: () => {}, ...more });
}

describe("measuring precisions", () => {
  test("gives rates, what a search costs, and whether the memory suffices", async () => {
    const [fp32, int8, int4] = await measure(fakeProbe());
    expect(fp32).toMatchObject({ tokensPerSecond: { median: 64 }, searchMs: 200_000, memoryBytes: 4e9, fits: false, source: "estimated", failure: null });
    expect(int8).toMatchObject({ tokensPerSecond: { median: 256 }, searchMs: 50_000, fits: true });
    expect(int4).toMatchObject({ device: "webgpu", tokensPerSecond: { median: 128 } });
  });

  test("a way that fails is a line, and the others are still tried", async () => {
    const tried: string[] = [];
    const probe = fakeProbe(async ({ precision }) => {
      if (precision === "int8") throw new Error("its process died");
      return [1000];
    });
    const figures = await measure(probe, { onWay: ({ precision }) => tried.push(precision) });
    expect(figures.map(({ failure }) => failure)).toEqual([null, "its process died", null]);
    expect(figures[1]).toMatchObject({ tokensPerSecond: null, searchMs: null });
    expect(tried).toEqual(["fp32", "int8", "int4"]);
  });

  test("what the model itself was measured in is not estimated", async () => {
    const tried: string[] = [];
    const probe = fakeProbe(async ({ precision }) => {
      tried.push(precision);
      return [1000];
    });
    const figures = await measure(probe, { measured: { precision: "int8", device: "cpu", tokensPerSecond: spread(300) } });
    expect(figures[1]).toMatchObject({ source: "measured", tokensPerSecond: { median: 300 } });
    expect(tried).toEqual(["fp32", "int4"]);
  });

  test("an abort ends it, whatever the probe says of it", async () => {
    const controller = new AbortController();
    const reason = new Error("Ctrl-C");
    const probe = fakeProbe(async () => {
      controller.abort(reason);
      throw new Error("its process died");
    });
    await expect(measure(probe, { signal: controller.signal })).rejects.toBe(reason);
  });
});

describe("the recommendation", () => {
  test("is the fastest way, with what it takes", () => {
    const { precision, device, models, reason } = recommend([precisionFigures("fp32", 90), precisionFigures("int8", 180), precisionFigures("int4", 100)], "qwen3-0.6b", FREE_BYTES);
    expect([models, precision, device]).toEqual(["qwen3-0.6b", "int8", "cpu"]);
    expect(reason).toBe("int8 on cpu (about 180 tokens/s, 1.6 GB)");
  });

  test("is int8 where fp32 is as fast, and says so", () => {
    const { precision, reason } = recommend([precisionFigures("fp32", 185), precisionFigures("int8", 180), precisionFigures("int4", 60)], "qwen3-0.6b", FREE_BYTES);
    expect(precision).toBe("int8");
    expect(reason).toBe("int8 on cpu (about 180 tokens/s, 1.6 GB); fp32 is as fast but takes 4.2 GB");
  });

  test("is int8 where int4 is a little faster, and int4 where it is much faster", () => {
    const near = recommend([precisionFigures("int8", 100), precisionFigures("int4", 120)], "qwen3-0.6b", FREE_BYTES);
    expect(near).toMatchObject({ precision: "int8", reason: expect.stringMatching(/; int4 is 20 % faster but changes answers more$/) });
    const far = recommend([precisionFigures("int8", 100), precisionFigures("int4", 140, { device: "webgpu" })], "qwen3-0.6b", FREE_BYTES);
    expect(far).toMatchObject({ precision: "int4", device: "webgpu" });
  });

  test("leaves out what does not fit, and names it", () => {
    const { precision, reason } = recommend([precisionFigures("fp32", 400, { fits: false }), precisionFigures("int8", 100)], "qwen3-0.6b", 3e9);
    expect(precision).toBe("int8");
    expect(reason).toContain("fp32 is 300 % faster but takes 4.2 GB, more than is free");
  });

  test("names devices where there are several", () => {
    const { reason } = recommend([precisionFigures("fp32", 1000, { device: "cuda" }), precisionFigures("fp32", 980)], "qwen3-0.6b", FREE_BYTES);
    expect(reason).toBe("fp32 on cuda (about 1000 tokens/s, 4.2 GB); fp32 on cpu is as fast");
  });

  test("is the bundled pair where nothing fits, and where nothing works", () => {
    const none = recommend([precisionFigures("int4", 100, { fits: false })], "qwen3-0.6b", 1e9);
    expect(none).toEqual({ models: "mini", precision: null, device: null, reason: "qwen3-0.6b takes at least 1.3 GB, and 1.0 GB are free: the bundled models remain" });
    expect(recommend([precisionFigures("int8", null)], "qwen3-0.6b", FREE_BYTES).reason).toContain("could not be tried");
  });

  test("a measured rate is told without an about", () => {
    expect(recommend([precisionFigures("int8", 180, { source: "measured" })], "qwen3-4b", FREE_BYTES).reason).toBe("int8 on cpu (180 tokens/s, 1.6 GB)");
  });
});
