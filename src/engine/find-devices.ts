import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import type { Device } from "../domain/model-spec.ts";
import { loadOnnxRuntime } from "./onnx-session.ts";

export interface FoundDevice {
  readonly device: Exclude<Device, "auto">;
  /**
   * "ready": provider and hardware are there. "software": the provider is there, but no hardware that it can use, so that at
   * best a program plays its part. "missing": it cannot be had.
   */
  readonly state: "ready" | "software" | "missing";
  /** What is missing, in a few words; empty when nothing is. */
  readonly detail: string;
}

/** What is looked at to find devices. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  /** The execution providers that ONNX Runtime knows; those that are not bundled may lie in files of their own. */
  readonly backends: readonly { readonly name: string; readonly bundled: boolean }[];
  /** Folder of ONNX Runtime's native files. */
  readonly bindingFolder: string;
  /** Folder that /dev, /sys and /usr lie in: "/", but for tests. */
  readonly root: string;
}

/** Render nodes of these drivers have no graphics processor behind them: virtual machines' screens, WSL's stand-in, tests. */
const SOFTWARE_DRIVERS = /^(vgem|vkms|virtio[-_].*|bochs.*|cirrus.*|ast|mgag200|qxl|vboxvideo|vmwgfx|hyperv_drm|simple.*|efi.*|udl|gud)$/;
/** Linux under Windows has the second instead of the first. */
const NVIDIA_FILES = ["dev/nvidia0", "usr/lib/wsl/lib/libcuda.so.1"];
/** Where Vulkan drivers are registered; without one of them, a graphics processor cannot be reached. */
const VULKAN_DRIVER_FOLDERS = [
  "usr/share/vulkan/icd.d",
  "usr/local/share/vulkan/icd.d",
  "etc/vulkan/icd.d",
  "run/opengl-driver/share/vulkan/icd.d",
];
/**
 * Vulkan's drivers by the kernel's: some distributions install those for all makes at once, and programs in their place, on any
 * machine. Kernel drivers that are not listed may have any other.
 */
const VULKAN_DRIVERS: readonly (readonly [kernel: RegExp, vulkan: RegExp])[] = [
  [/^(amdgpu|radeon)$/, /radeon|amd/i],
  [/^(i915|xe)$/, /intel/i],
  [/^nvidia/, /nvidia/i],
  [/^nouveau$/, /nouveau/i],
];
const OTHER_VULKAN = /^(?!.*(lvp|llvmpipe|swiftshader|virtio|gfxstream|radeon|amd|intel|nvidia|nouveau))/i;

/** Every device that this build of ONNX Runtime could use, "cpu" first. */
export async function findDevices(machine?: Machine): Promise<FoundDevice[]> {
  const { platform, backends, bindingFolder, root } = machine ?? (await thisMachine());
  const found: FoundDevice[] = [{ device: "cpu", state: "ready", detail: "" }];
  for (const { name, bundled } of backends) {
    if (name === "webgpu") found.push(webgpu(platform, root));
    if (name === "cuda") found.push(cuda(platform, root, bundled || existsSync(join(bindingFolder, providerFile(platform)))));
    // They belong to the operating system, which brings the hardware's drivers along.
    if (name === "coreml" || name === "dml") found.push({ device: name, state: "ready", detail: "" });
  }
  return found;
}

/** Whether the providers are worth a look, for which ONNX Runtime has to be loaded (30 ms). Takes no more than some look-ups of paths. */
export function mayHaveGraphics({ platform, root }: Pick<Machine, "platform" | "root"> = { platform: process.platform, root: "/" }): boolean {
  return platform !== "linux" || [...NVIDIA_FILES, "dev/dri"].some((path) => existsSync(join(root, path)));
}

async function thisMachine(): Promise<Machine> {
  const { listSupportedBackends } = await loadOnnxRuntime();
  const libraryFolder = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  return {
    platform: process.platform,
    backends: listSupportedBackends(),
    // As onnxruntime-node 1.30's own binding.js has it.
    bindingFolder: join(libraryFolder, "bin", "napi-v6", process.platform, process.arch),
    root: "/",
  };
}

function cuda(platform: NodeJS.Platform, root: string, hasProvider: boolean): FoundDevice {
  if (!hasProvider) return { device: "cuda", state: "missing", detail: `${providerFile(platform)} is not installed` };
  // Windows keeps its drivers elsewhere.
  const hasCard = platform !== "linux" || NVIDIA_FILES.some((path) => existsSync(join(root, path)));
  if (!hasCard) return { device: "cuda", state: "missing", detail: "no NVIDIA graphics processor found" };
  return { device: "cuda", state: "ready", detail: "" };
}

function providerFile(platform: NodeJS.Platform): string {
  return platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
}

function webgpu(platform: NodeJS.Platform, root: string): FoundDevice {
  if (platform !== "linux") return { device: "webgpu", state: "ready", detail: "" };
  const nodes = namesIn(join(root, "dev/dri")).filter((name) => name.startsWith("renderD"));
  const kernelDrivers = nodes.map((node) => kernelDriver(root, node)).filter((name) => name !== undefined && !SOFTWARE_DRIVERS.test(name));
  if (kernelDrivers.length === 0) return { device: "webgpu", state: "software", detail: "no graphics processor found" };
  const registered = VULKAN_DRIVER_FOLDERS.flatMap((folder) => namesIn(join(root, folder))).filter((name) => name.endsWith(".json"));
  const isServed = kernelDrivers.some((name = "") => {
    const [, vulkan = OTHER_VULKAN] = VULKAN_DRIVERS.find(([kernel]) => kernel.test(name)) ?? [];
    return registered.some((file) => vulkan.test(file));
  });
  if (isServed) return { device: "webgpu", state: "ready", detail: "" };
  return { device: "webgpu", state: "software", detail: "no Vulkan driver for the graphics processor is installed" };
}

/** `undefined` where none is named: nothing says that it is hardware. */
function kernelDriver(root: string, node: string): string | undefined {
  try {
    return basename(readlinkSync(join(root, "sys/class/drm", node, "device/driver")));
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Most machines lack some of these folders.
    return [];
  }
}
