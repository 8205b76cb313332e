import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { chooseInt8Storage } from "../../../src/engine/qwen3/int8-storage.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** What the processor says of itself, on Linux. */
function processorFlags(): ReadonlySet<string> {
  try {
    return new Set((/^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "").split(" "));
  } catch {
    // Other systems have no such file.
    return new Set();
  }
}

const flags = processorFlags();

test.skipIf(!flags.has("avx2"))("weights lose their sign where products are added in 16 bits: on x86 without VNNI (needs Linux on x64)", async () => {
  const hasVnni = flags.has("avx512_vnni") || flags.has("avx_vnni");
  expect(await chooseInt8Storage(tempFolder())).toBe(hasVnni ? "int8" : "uint8");
});

test.skipIf(process.arch !== "arm64")("weights keep their sign on ARM (needs such a processor)", async () => {
  expect(await chooseInt8Storage(tempFolder())).toBe("int8");
});

test("the choice is the same every time", async () => {
  const choices = await Promise.all(Array.from({ length: 3 }, () => chooseInt8Storage(tempFolder())));
  expect(new Set(choices).size).toBe(1);
});
