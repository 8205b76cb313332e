import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { SMALLEST_SHAPE } from "../../src/engine/qwen3/probe-precision.ts";
import { probeInChild } from "../../src/inference/compile-client.ts";
import { compilersOf, until } from "../support/inference-processes.ts";

const request = {
  shape: { ...SMALLEST_SHAPE, layers: 4, hidden: 128, intermediate: 320, heads: 4, keyValueHeads: 2, headSize: 32 },
  precision: "int8",
  device: "cpu",
  tokens: 16,
  timeBoxMs: 20,
} as const;

const foldersLeft = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("rerank-probe-"));

describe("a probe in a process of its own", () => {
  test("brings its times, and leaves neither process nor folder", async () => {
    const before = foldersLeft();
    expect((await probeInChild(request)).length).toBeGreaterThan(0);
    expect(compilersOf(process.pid)).toEqual([]);
    expect(foldersLeft()).toEqual(before);
  });

  test("that crashes is an error that names it", async () => {
    const crashed = probeInChild({ ...request, timeBoxMs: 60_000 });
    const outcome = crashed.catch((error: unknown) => error as Error);
    await until(() => compilersOf(process.pid).length > 0);
    for (const id of compilersOf(process.pid)) process.kill(id, "SIGKILL");
    expect(await outcome).toMatchObject({ message: expect.stringMatching(/^trying int8 on cpu failed: its process died \(signal SIGKILL\)/) });
  });

  test("ends with the reason when it is aborted", async () => {
    const before = foldersLeft();
    await expect(probeInChild({ ...request, timeBoxMs: 60_000 }, { signal: AbortSignal.timeout(300) })).rejects.toThrow(/timeout/);
    expect(compilersOf(process.pid)).toEqual([]);
    expect(foldersLeft()).toEqual(before);
  });
});
