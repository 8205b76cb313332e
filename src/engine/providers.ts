/** The execution providers that the installed ONNX Runtime brings along: "cpu", "webgpu", ... */
export async function listProviders(): Promise<string[]> {
  const { listSupportedBackends } = await import("onnxruntime-node");
  return listSupportedBackends().map(({ name }) => name);
}
