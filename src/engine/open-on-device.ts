import type { Device, ModelSpec } from "../domain/model-spec.ts";
import { chooseDevice, type SettledDevice } from "./choose-device.ts";
import type { Machine } from "./find-devices.ts";

export interface OpenOnDeviceOptions<Model> {
  readonly wanted: Device;
  readonly open: (device: SettledDevice) => Promise<Model>;
  /** One line each about what is not as asked for. */
  readonly onNotice: (line: string) => void;
  readonly machine?: Machine;
}

/** Opens a model where it runs best. A graphics processor that "auto" took and that fails gives way to the CPU, with a notice. */
export async function openOnDevice<Model>(
  spec: Pick<ModelSpec, "id" | "family" | "precision">,
  { wanted, open, onNotice, machine }: OpenOnDeviceOptions<Model>,
): Promise<Model> {
  const { device, fallback } = await chooseDevice(wanted, spec, machine);
  if (fallback !== undefined) onNotice(fallback);
  if (wanted !== "auto" || device === "cpu") return open(device);
  try {
    return await open(device);
  } catch (error) {
    // Files that are damaged fail here again, with the message that is about them.
    const model = await open("cpu");
    onNotice(`${spec.id} does not run on ${device}, so it runs on the CPU: ${(error as Error).message}`);
    return model;
  }
}
