import { dirname } from "node:path";
import { findCompileReport } from "../../adapters/models/compiled-models.ts";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { chooseDevice } from "../../engine/choose-device.ts";
import { verifyInChild } from "../../inference/compile-client.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import { hasPassed, verifiedJson, verifiedText, type VerifiedModel } from "../../reporters/verify-report.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openLocator } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import type { LoadedSettings } from "../load-settings.ts";

interface VerifyWish {
  /** One of the two models that a name stands for. */
  readonly role: ModelRole | undefined;
  readonly json: boolean;
}

/**
 * `rerank models verify <name>`: runs the golden texts through compiled models. Resolves to the exit code: 1 when an answer is not
 * what it should be. Rejects with UserError for models that answer NaN or the same for all texts, and for those that are no Qwen3.
 */
export async function verifyModels(name: string, { role, json }: VerifyWish, { settings, hub }: LoadedSettings, context: CommandContext): Promise<number> {
  const { output, signal, cwd, environment: env } = context;
  const onNotice = (line: string): void => output.notice(`rerank: ${line}`);
  const locator = openLocator(hub, cwd, { settings, talk: { onNotice, signal, openProgress: compileProgressOf(context) } });
  const terminal = describeTerminal({ stream: process.stdout, env, colorSetting: settings.color });
  const checkpoints = locator.checkpoints(name, role);
  if (checkpoints.length === 0) throw nothingToVerify(name, role);
  const verified: VerifiedModel[] = [];
  for (const checkpoint of checkpoints) {
    const spec = await locator.locate(checkpoint.name, checkpoint.role);
    const folder = dirname(spec.graphPath);
    const report = findCompileReport(folder);
    if (spec.family !== "qwen3" || report === undefined) throw new Error(`${folder} has lost its report`);
    const { device, fallback } = await chooseDevice(settings.device, spec);
    if (fallback !== undefined) onNotice(fallback);
    onNotice(`verifying ${spec.id} on ${device}`);
    const comparisons = await verifyInChild(spec, { signal, device, ...(settings.threads > 0 && { threads: settings.threads }) });
    const model = { id: spec.id, role: spec.role, device, folder, comparisons, report };
    verified.push(model);
    if (!json) await output.write(`${verified.length > 1 ? "\n" : ""}${verifiedText(model, terminal)}`);
  }
  if (json) await output.write(verifiedJson(verified));
  return verified.every(hasPassed) ? 0 : 1;
}

function nothingToVerify(name: string, role: ModelRole | undefined): UserError {
  const what = role === undefined ? "no Qwen3 model" : `no Qwen3 ${role}`;
  return new UserError(`${name} names ${what}: only those are compiled here, and have exact answers to be compared with`, {
    hint: "`rerank doctor` loads models of any kind and asks them something: it takes --models, --embedder and --reranker",
  });
}
