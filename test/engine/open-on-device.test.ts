import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../../src/domain/errors.ts";
import type { SettledDevice } from "../../src/engine/choose-device.ts";
import type { Machine } from "../../src/engine/find-devices.ts";
import { openOnDevice } from "../../src/engine/open-on-device.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

const SPEC = { id: "qwen3-0.6b", family: "qwen3", precision: "int4" } as const;

/** A Linux machine with a graphics processor that WebGPU can use. */
function machineWithGpu(): Machine {
  const root = tempFolder();
  for (const folder of ["dev/dri", "sys/class/drm/renderD128/device", "usr/share/vulkan/icd.d"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "dev/dri/renderD128"), "");
  writeFileSync(join(root, "usr/share/vulkan/icd.d/intel_icd.json"), "");
  symlinkSync("drivers/i915", join(root, "sys/class/drm/renderD128/device/driver"));
  return { platform: "linux", backends: [{ name: "webgpu", bundled: true }], bindingFolder: root, root };
}

/** Opens nothing, and fails on the devices given. */
function fakeOpen(failing: readonly SettledDevice[]) {
  const asked: SettledDevice[] = [];
  return {
    asked,
    async open(device: SettledDevice): Promise<string> {
      asked.push(device);
      if (failing.includes(device)) throw new UserError(`no adapter for ${device}`);
      return `on ${device}`;
    },
  };
}

test("a graphics processor that auto took and that works is used without a word", async () => {
  const notices: string[] = [];
  const { open, asked } = fakeOpen([]);
  const options = { wanted: "auto", open, onNotice: (line: string) => notices.push(line), machine: machineWithGpu() } as const;
  expect(await openOnDevice(SPEC, options)).toBe("on webgpu");
  expect([asked, notices]).toEqual([["webgpu"], []]);
});

test("one that auto took and that fails gives way to the CPU, with one line that says why", async () => {
  const notices: string[] = [];
  const { open, asked } = fakeOpen(["webgpu"]);
  const options = { wanted: "auto", open, onNotice: (line: string) => notices.push(line), machine: machineWithGpu() } as const;
  expect(await openOnDevice(SPEC, options)).toBe("on cpu");
  expect(asked).toEqual(["webgpu", "cpu"]);
  expect(notices).toEqual(["qwen3-0.6b does not run on webgpu, so it runs on the CPU: no adapter for webgpu"]);
});

test("a device asked for by name that fails is an error", async () => {
  const { open, asked } = fakeOpen(["webgpu"]);
  const failed = openOnDevice(SPEC, { wanted: "webgpu", open, onNotice: () => {}, machine: machineWithGpu() });
  expect((await userRejectionOf(failed)).message).toBe("no adapter for webgpu");
  expect(asked).toEqual(["webgpu"]);
});

test("files that no device can load fail with the CPU's message, without a notice", async () => {
  const notices: string[] = [];
  const { open } = fakeOpen(["webgpu", "cpu"]);
  const failed = openOnDevice(SPEC, { wanted: "auto", open, onNotice: (line) => notices.push(line), machine: machineWithGpu() });
  expect((await userRejectionOf(failed)).message).toBe("no adapter for cpu");
  expect(notices).toEqual([]);
});

test("a wish that the precision does not allow is answered on the CPU, and said", async () => {
  const notices: string[] = [];
  const { open } = fakeOpen([]);
  const int8 = { ...SPEC, precision: "int8" } as const;
  const options = { wanted: "webgpu", open, onNotice: (line: string) => notices.push(line), machine: machineWithGpu() } as const;
  expect(await openOnDevice(int8, options)).toBe("on cpu");
  expect(notices).toEqual([expect.stringContaining("int8")]);
});
