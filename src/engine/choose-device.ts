import { UserError } from "../domain/errors.ts";
import type { Device, ModelSpec } from "../domain/model-spec.ts";
import { findDevices, mayHaveGraphics, type FoundDevice, type Machine } from "./find-devices.ts";
import type { EngineOptions } from "./loaded-models.ts";

export type SettledDevice = NonNullable<EngineOptions["device"]>;

export interface DeviceChoice {
  readonly device: SettledDevice;
  /** Why it is not the one that was asked for, in one line. */
  readonly fallback?: string;
}

/**
 * Which of those that are there "auto" takes for the own engine's graphs, best first. CUDA comes last: its GroupQueryAttention takes half
 * precision only (ONNX Runtime's OperatorKernels.md), so that with our graphs every attention would go to the CPU and back.
 */
const QWEN3_ORDER: readonly SettledDevice[] = ["dml", "webgpu", "cuda"];
/** Encoders are small: on anything slower, moving their data eats what the graphics processor gains. */
const ENCODER_ORDER: readonly SettledDevice[] = ["cuda"];

/**
 * Settles where a model runs. "auto" looks for provider and hardware before asking for them, and never takes a program that
 * plays a graphics processor; "webgpu" by name may.
 *
 * @throws UserError for a device that was asked for by name and cannot be had.
 */
export async function chooseDevice(
  wanted: Device,
  { id, family, precision }: Pick<ModelSpec, "id" | "family" | "precision">,
  machine?: Machine,
): Promise<DeviceChoice> {
  // No need to load anything to know that it is there.
  if (wanted === "cpu") return { device: "cpu" };
  // The products of int8 weights and activations (MatMulIntegerToFloat) have kernels on the CPU alone.
  const isInt8 = precision === "int8";
  if (wanted === "auto") {
    if (isInt8 || !mayHaveGraphics(machine)) return { device: "cpu" };
    const ready = new Set((await findDevices(machine)).filter(({ state }) => state === "ready").map(({ device }) => device));
    const order = family === "qwen3" ? QWEN3_ORDER : ENCODER_ORDER;
    return { device: order.find((device) => ready.has(device)) ?? "cpu" };
  }
  requireDevice(wanted, await findDevices(machine));
  // There are several ways to write an int8 encoder, and some have kernels elsewhere.
  if (!isInt8 || family === "encoder") return { device: wanted };
  return { device: "cpu", fallback: `${id} is compiled to int8, which only the CPU computes: it runs there, not on ${wanted} (--precision int4 would)` };
}

function requireDevice(wanted: SettledDevice, found: readonly FoundDevice[]): void {
  const device = found.find((one) => one.device === wanted);
  if (device !== undefined && device.state !== "missing") return;
  const reason = device?.detail ?? "ONNX Runtime brings no provider for it";
  const available = found.filter(({ state }) => state !== "missing").map((one) => one.device);
  throw new UserError(`the device ${wanted} cannot be had on ${process.platform} ${process.arch}: ${reason}`, {
    hint: `choose one that is here: --device ${available.join(", ")} or auto`,
  });
}
