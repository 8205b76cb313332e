import type { Qwen3Spec } from "../../domain/model-spec.ts";
import type { GoldenComparison } from "../../ports/model-compiler.ts";
import type { EngineOptions } from "../loaded-models.ts";
import { openDecoderSession } from "./decoder-session.ts";
import { publishedComparisons } from "./published-scores.ts";
import { openQwen3Tokenizer } from "./qwen3-tokenizer.ts";
import { compareWithGolden } from "./self-test.ts";

/**
 * Runs the golden texts through a compiled model: against what the checkpoint's weights give in fp32, and for official checkpoints
 * against the published values. Rejects with UserError for NaN, and for answers that are all alike.
 */
export async function verifyModel(spec: Qwen3Spec, { threads, device = "cpu" }: Pick<EngineOptions, "threads" | "device"> = {}): Promise<readonly GoldenComparison[]> {
  const tokenizer = await openQwen3Tokenizer(spec.folder);
  const session = await openDecoderSession({ graphPath: spec.graphPath, role: spec.role, device, ...(threads !== undefined && { threads }) });
  const compared = await compareWithGolden(spec, tokenizer, session);
  return [...compared, ...(await publishedComparisons(spec, tokenizer, session))];
}
