import type { Qwen3Spec } from "../../domain/model-spec.ts";
import type { GoldenComparison } from "../../ports/model-compiler.ts";
import type { EngineOptions } from "../loaded-models.ts";
import { openDecoderSession } from "./decoder-session.ts";
import { openQwen3Tokenizer } from "./qwen3-tokenizer.ts";
import { runGoldenTexts } from "./self-test.ts";

/** Loads a compiled model and runs the golden texts through it, whether it has passed them before or not. See `runGoldenTexts`. */
export async function verifyModel(spec: Qwen3Spec, { threads, device = "cpu" }: Pick<EngineOptions, "threads" | "device"> = {}): Promise<readonly GoldenComparison[]> {
  const tokenizer = await openQwen3Tokenizer(spec.folder);
  const session = await openDecoderSession({ graphPath: spec.graphPath, role: spec.role, device, ...(threads !== undefined && { threads }) });
  return runGoldenTexts(spec, tokenizer, session);
}
