import { afterEach, expect, test, vi } from "vitest";
import { refuseTelemetry } from "../../src/config/telemetry.ts";

afterEach(() => vi.unstubAllEnvs());

test("ONNX Runtime's usage data is switched off for this process and those it forks, even where it was allowed", () => {
  vi.stubEnv("ORT_DISABLE_TELEMETRY", "0");
  refuseTelemetry();
  expect(process.env["ORT_DISABLE_TELEMETRY"]).toBe("1");
});
