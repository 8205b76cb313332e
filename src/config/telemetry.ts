/**
 * ONNX Runtime 1.30's builds for Linux collect usage data unless this variable is set before the library loads. Searches are private:
 * it is set for this process and its children, whatever it was.
 */
export function refuseTelemetry(): void {
  process.env["ORT_DISABLE_TELEMETRY"] = "1";
}
