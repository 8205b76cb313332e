import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { Qwen3Spec } from "../../domain/model-spec.ts";
import { relevanceOf } from "../../domain/ranking.ts";
import type { CompileReport, GoldenComparison } from "../../ports/model-compiler.ts";
import { loadOnnxRuntime } from "../onnx-session.ts";
import { CALIBRATION_PAIRS } from "./calibration-texts.ts";
import { embedderTexts, calibrationPrompts } from "./calibration-prompts.ts";
import type { DecoderSession } from "./decoder-session.ts";
import { readCompileReport } from "./compile-report.ts";
import { GOLDEN_COUNT, readGolden } from "./golden.ts";
import { publishedComparisons } from "./published-scores.ts";
import type { Qwen3Tokenizer } from "./qwen3-tokenizer.ts";
import { cosine } from "./rounding-quality.ts";

/** Room for another processor's rounding, beside what the compilation has measured. */
const COSINE_SLACK = 1e-4;
const RELEVANCE_SLACK = 1e-3;
const MEASURED_SLACK = 1.5;
/** Vectors of texts that have nothing in common, and relevances of pairs that fit and that do not, are never as near as this. */
const SAME_VECTORS = 0.9999;
const SAME_RELEVANCES = 1e-3;
/**
 * What a lost template, end token or head does to the published values is more than this, and what rounding does is less. `rerank models
 * verify` measures closer; a model is refused for what is certain alone.
 */
const FAR_FROM_PUBLISHED = 0.15;

/**
 * Runs the golden texts through a loaded model: against what the checkpoint's weights give in fp32, and for official checkpoints against
 * the published values. Rejects with UserError for NaN, and for answers that are all alike.
 */
export async function runGoldenTexts(spec: Qwen3Spec, tokenizer: Qwen3Tokenizer, session: DecoderSession): Promise<GoldenComparison[]> {
  return [...(await compareWithGolden(spec, tokenizer, session)), ...(await publishedComparisons(spec, tokenizer, session))];
}

async function compareWithGolden(spec: Qwen3Spec, tokenizer: Qwen3Tokenizer, session: DecoderSession): Promise<GoldenComparison[]> {
  const folder = dirname(spec.graphPath);
  const golden = readGolden(folder, spec.role);
  const report = readCompileReport(folder);
  const prompts = calibrationPrompts(tokenizer, spec.role).slice(0, GOLDEN_COUNT);
  const comparisons: GoldenComparison[] = [];
  const answers: Float32Array[] = [];
  for (const [place, ids] of prompts.entries()) {
    const answer = await session.run(ids, session.empty);
    answers.push(answer);
    comparisons.push(comparison(report, place, golden[place] ?? [], answer));
  }
  refuseCollapsed(spec, answers);
  return comparisons;
}

function comparison({ role, minCosine, maxRelevanceDifference }: CompileReport, place: number, exact: readonly number[], answer: Float32Array): GoldenComparison {
  if (role === "embedder") {
    const found = cosine(exact, answer);
    const lowest = 1 - (1 - (minCosine ?? 1)) * MEASURED_SLACK - COSINE_SLACK;
    return { text: embedderTexts()[place]?.text ?? "", expected: 1, found, passed: found >= lowest };
  }
  const [expected, found] = [relevanceOf(exact[0] ?? Number.NaN), relevanceOf(answer[0] ?? Number.NaN)];
  const largest = (maxRelevanceDifference ?? 0) * MEASURED_SLACK + RELEVANCE_SLACK;
  const { query = "", document = "" } = CALIBRATION_PAIRS[place] ?? {};
  return { text: `${query} | ${document}`, expected, found, passed: Math.abs(found - expected) <= largest };
}

/** Answers that are no numbers, or all the same, name their cause: they would still be sorted and shown. */
function refuseCollapsed({ id, role, precision }: Qwen3Spec, answers: readonly Float32Array[]): void {
  if (answers.some((answer) => answer.some((value) => !Number.isFinite(value)))) {
    throw broken(id, "it answers NaN or infinity", precision === "fp32" ? "the checkpoint's weights are damaged: bring its files again" : "take a higher precision: --precision fp32");
  }
  if (role === "embedder") {
    const [first, ...others] = answers;
    // Vectors of zeros have no cosine: they are the same, too.
    const same = first !== undefined && others.every((other) => !(cosine(first, other) <= SAME_VECTORS));
    if (same) throw broken(id, "it gives the same vector for every text", "its weights do not belong to its configuration: bring its files again");
    return;
  }
  const relevances = answers.map((answer) => relevanceOf(answer[0] ?? Number.NaN));
  const [lowest, highest] = [Math.min(...relevances), Math.max(...relevances)];
  if (highest - lowest > SAME_RELEVANCES) return;
  throw broken(
    id,
    `it finds pairs that fit and pairs that do not alike, between ${lowest.toPrecision(3)} and ${highest.toPrecision(3)}`,
    "it is no reranker that answers yes or no, or its head is not the one it was trained with: take an official Qwen3-Reranker checkpoint",
  );
}

/** Throws UserError when a comparison has failed. */
function refuseBroken({ id }: Pick<Qwen3Spec, "id">, comparisons: readonly GoldenComparison[], remedy: string): void {
  const failed = comparisons.find(({ passed }) => !passed);
  if (failed === undefined) return;
  throw broken(
    id,
    `it gives ${failed.found.toPrecision(4)} where ${failed.expected.toPrecision(4)} is right, for "${failed.text}"`,
    remedy,
  );
}

function broken(id: string, cause: string, remedy: string): UserError {
  return new UserError(`${id} fails its self-test: ${cause}`, { hint: remedy });
}

/** Runs the golden texts unless this very graph has passed them on this processor and device, under this ONNX Runtime. */
export async function testOnce(spec: Qwen3Spec, tokenizer: Qwen3Tokenizer, session: DecoderSession, device: string): Promise<void> {
  const stampPath = join(dirname(spec.graphPath), `passed-${device}`);
  const stamp = await testedState(spec, device);
  if (readIfThere(stampPath) === stamp) return;
  refuseBroken(spec, await compareWithGolden(spec, tokenizer, session), `its graph is damaged, or was compiled on another processor: remove ${dirname(spec.graphPath)} and pull the model again`);
  const published = await publishedComparisons(spec, tokenizer, session);
  const far = published.map((row) => ({ ...row, passed: Math.abs(row.found - row.expected) <= FAR_FROM_PUBLISHED }));
  refuseBroken(spec, far, "these are not the weights or the tokenizer that were published under this name: bring the files again, or name them as a folder");
  try {
    writeFileSync(stampPath, stamp);
  } catch {
    // A cache that cannot be written is tested at every start: slower, and right.
  }
}

/** Everything that the answers depend on. The processor's name alone says little in virtual machines: its abilities are in it, too. */
async function testedState({ graphPath }: Qwen3Spec, device: string): Promise<string> {
  const { env } = await loadOnnxRuntime();
  const folder = dirname(graphPath);
  const files = readdirSync(folder)
    .filter((name) => !name.startsWith("passed-"))
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    });
  const processor = `${cpus()[0]?.model ?? process.arch} ${/^flags.*$/m.exec(readIfThere("/proc/cpuinfo") ?? "")?.[0] ?? ""}`;
  return createHash("sha256").update(JSON.stringify([files.toSorted(), processor, device, env.versions])).digest("hex");
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
