import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { chooseDevice } from "../../src/engine/choose-device.ts";
import { findDevices, type Machine } from "../../src/engine/find-devices.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

const LINUX_BACKENDS = [
  { name: "cpu", bundled: true },
  { name: "webgpu", bundled: true },
  { name: "cuda", bundled: false },
  { name: "tensorrt", bundled: false },
];
const QWEN3 = { id: "qwen3-0.6b", family: "qwen3", precision: "int4" } as const;
const ENCODER = { id: "bge-m3", family: "encoder", precision: "fp32" } as const;

let linux: Machine;

beforeEach(() => {
  const root = tempFolder();
  linux = { platform: "linux", backends: LINUX_BACKENDS, bindingFolder: join(root, "binding"), root };
});

function addFile(path: string): void {
  const target = join(linux.root, path);
  mkdirSync(join(target, ".."), { recursive: true });
  writeFileSync(target, "");
}

/** As the kernel shows a graphics processor's render node and the driver behind it. */
function addRenderNode(node: string, driver: string): void {
  addFile(`dev/dri/${node}`);
  const device = join(linux.root, "sys/class/drm", node, "device");
  mkdirSync(device, { recursive: true });
  symlinkSync(`../../../../bus/pci/drivers/${driver}`, join(device, "driver"));
}

const addCudaProvider = () => addFile("binding/libonnxruntime_providers_cuda.so");
const addCudaCard = () => addFile("dev/nvidia0");
const addVulkan = (name: string) => addFile(`usr/share/vulkan/icd.d/${name}_icd.x86_64.json`);

async function stateOf(device: string): Promise<string | undefined> {
  return (await findDevices(linux)).find((found) => found.device === device)?.state;
}

describe("findDevices", () => {
  test("a bare machine has a processor, and WebGPU at best in software", async () => {
    expect(await findDevices(linux)).toEqual([
      { device: "cpu", state: "ready", detail: "" },
      { device: "webgpu", state: "software", detail: "no graphics processor found" },
      { device: "cuda", state: "missing", detail: "libonnxruntime_providers_cuda.so is not installed" },
    ]);
  });

  test("CUDA takes both the provider's file and a card", async () => {
    addCudaCard();
    expect(await stateOf("cuda")).toBe("missing");
    addCudaProvider();
    expect(await stateOf("cuda")).toBe("ready");
  });

  test("the provider's file without a card is no CUDA", async () => {
    addCudaProvider();
    expect(await findDevices(linux)).toContainEqual({ device: "cuda", state: "missing", detail: "no NVIDIA graphics processor found" });
  });

  test("WebGPU takes a render node of a hardware driver and a Vulkan driver for it", async () => {
    addRenderNode("renderD128", "amdgpu");
    expect(await stateOf("webgpu")).toBe("software");
    addVulkan("lvp");
    expect(await stateOf("webgpu")).toBe("software");
    addVulkan("radeon");
    expect(await stateOf("webgpu")).toBe("ready");
  });

  test.each(["vgem", "virtio-pci", "vkms", "bochs-drm"])("a render node of %s has no graphics processor behind it", async (driver) => {
    addRenderNode("renderD128", driver);
    for (const name of ["radeon", "intel", "virtio", "gfxstream"]) addVulkan(name);
    expect(await stateOf("webgpu")).toBe("software");
    addRenderNode("renderD129", "i915");
    expect(await stateOf("webgpu")).toBe("ready");
  });

  test.each([
    ["nvidia", "nvidia"],
    ["nouveau", "nouveau"],
    ["xe", "intel"],
    ["panthor", "panfrost"],
  ])("a graphics processor of %s takes its own Vulkan driver, not those of other makes", async (kernel, vulkan) => {
    addRenderNode("renderD128", kernel);
    for (const name of ["lvp", "radeon", "virtio", "gfxstream"]) addVulkan(name);
    expect(await findDevices(linux)).toContainEqual({ device: "webgpu", state: "software", detail: "no Vulkan driver for the graphics processor is installed" });
    addVulkan(vulkan);
    expect(await stateOf("webgpu")).toBe("ready");
  });

  test("a render node whose driver cannot be read counts as none", async () => {
    addFile("dev/dri/renderD128");
    addVulkan("radeon");
    expect(await stateOf("webgpu")).toBe("software");
  });

  test("the devices of this machine begin with the processor", async () => {
    expect((await findDevices())[0]).toEqual({ device: "cpu", state: "ready", detail: "" });
  });
});

describe("chooseDevice", () => {
  test("auto takes the processor where nothing else is, and says nothing", async () => {
    expect(await chooseDevice("auto", QWEN3, linux)).toEqual({ device: "cpu" });
    expect(await chooseDevice("auto", ENCODER, linux)).toEqual({ device: "cpu" });
  });

  test("auto takes a graphics processor for the own engine's graphs, and WebGPU before CUDA, which has no attention for them", async () => {
    addRenderNode("renderD128", "nvidia");
    addCudaProvider();
    addCudaCard();
    expect(await chooseDevice("auto", QWEN3, linux)).toEqual({ device: "cuda" });
    addVulkan("nvidia");
    expect(await chooseDevice("auto", QWEN3, linux)).toEqual({ device: "webgpu" });
  });

  test("auto leaves encoders on the processor unless CUDA is there", async () => {
    addRenderNode("renderD128", "nvidia");
    addVulkan("nvidia");
    expect(await chooseDevice("auto", ENCODER, linux)).toEqual({ device: "cpu" });
    addCudaProvider();
    addCudaCard();
    expect(await chooseDevice("auto", ENCODER, linux)).toEqual({ device: "cuda" });
  });

  test("int8 stays on the processor: by auto silently, against a wish with the reason", async () => {
    addRenderNode("renderD128", "i915");
    addVulkan("intel");
    const int8 = { ...QWEN3, precision: "int8" } as const;
    expect(await chooseDevice("auto", int8, linux)).toEqual({ device: "cpu" });
    const choice = await chooseDevice("webgpu", int8, linux);
    expect(choice.device).toBe("cpu");
    expect(choice.fallback).toMatch(/^qwen3-0\.6b is compiled to int8, .* not on webgpu \(--precision int4 would\)$/);
  });

  test("WebGPU by name may run on a software driver", async () => {
    expect(await chooseDevice("webgpu", QWEN3, linux)).toEqual({ device: "webgpu" });
    expect(await chooseDevice("webgpu", ENCODER, linux)).toEqual({ device: "webgpu" });
  });

  test.each(["cuda", "coreml", "dml"] as const)("%s by name where it cannot be had is an error that names what is there", async (device) => {
    const error = await userRejectionOf(chooseDevice(device, QWEN3, linux));
    expect(error.message).toMatch(new RegExp(`the device ${device} cannot be had`));
    expect(error.hint).toBe("choose one that is here: --device cpu, webgpu or auto");
  });

  test.each([
    ["darwin", ["cpu", "webgpu", "coreml"], "webgpu"],
    ["win32", ["cpu", "webgpu", "dml"], "dml"],
  ] as const)("on %s, auto takes what the system brings along", async (platform, names, expected) => {
    const machine = { ...linux, platform, backends: names.map((name) => ({ name, bundled: true })) };
    expect(await chooseDevice("auto", QWEN3, machine)).toEqual({ device: expected });
    for (const name of names) expect(await chooseDevice(name, QWEN3, machine)).toEqual({ device: name });
  });
});
