import type { Qwen3Spec } from "../domain/model-spec.ts";
import type { ProbeRequest } from "../engine/qwen3/probe-precision.ts";
import type { CompileProgress, CompileReport, CompileRequest, GoldenComparison } from "../ports/model-compiler.ts";
import type { WireError } from "./protocol.ts";

/** What the parent sends: one task, and it is the process's only one. */
export type ToCompiler =
  | { readonly type: "compile"; readonly request: CompileRequest; readonly folder: string; readonly threads?: number }
  | { readonly type: "verify"; readonly spec: Qwen3Spec; readonly threads?: number; readonly device?: "cpu" | "webgpu" | "cuda" | "coreml" | "dml" }
  | { readonly type: "probe"; readonly request: ProbeRequest; readonly folder: string };

/** What the child sends: any number of the first two, then one of the others. */
export type FromCompiler =
  | { readonly type: "progress"; readonly progress: CompileProgress }
  | { readonly type: "notice"; readonly line: string }
  | { readonly type: "compiled"; readonly report: CompileReport }
  | { readonly type: "verified"; readonly comparisons: readonly GoldenComparison[] }
  | { readonly type: "probed"; readonly modelMs: readonly number[] }
  | { readonly type: "failed"; readonly error: WireError };
