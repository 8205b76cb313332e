import { dirname } from "node:path";
import { downloadModelFiles, type DownloadedFiles } from "../../adapters/hub/download-model-files.ts";
import { findCompileReport } from "../../adapters/models/compiled-models.ts";
import type { NamedCheckpoint } from "../../adapters/models/find-checkpoints.ts";
import type { PullItem } from "../../adapters/models/pull-plan.ts";
import type { HubSettings } from "../../config/hub-settings.ts";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { createDownloadProgress } from "../../reporters/download-progress.ts";
import { compiledJson, compiledLine, modelsJson, modelsText } from "../../reporters/models-report.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openLocator } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { checkDevice } from "../locate-models.ts";
import { loadSettings, type Flags, type LoadedSettings } from "../load-settings.ts";
import { verifyModels } from "./verify-models.ts";

interface ModelsFlags extends Flags {
  readonly json?: boolean;
  readonly revision?: string;
  readonly role?: string;
}

/** `rerank models [list]`, `rerank models pull <name>` and `rerank models verify <name>`. Resolves to the exit code. */
export async function runModels([action = "list", name]: readonly string[], flags: ModelsFlags, context: CommandContext): Promise<number> {
  const loaded = await loadSettings(context, "models", flags);
  if (action === "list") {
    const { settings, hub } = loaded;
    const terminal = describeTerminal({ stream: process.stdout, env: context.environment, colorSetting: settings.color });
    const models = await openLocator(hub, context.cwd, { settings }).list();
    await context.output.write(flags.json ? modelsJson(models) : modelsText(models, terminal));
    return 0;
  }
  if (action !== "pull" && action !== "verify") throw new UserError(`there is no \`rerank models ${action}\``, { hint: "use list, pull or verify" });
  if (name === undefined) throw new UserError(`models ${action} needs a name`, { hint: "`rerank models list` shows the known ones" });
  const role = roleOf(flags.role);
  if (action === "verify") return verifyModels(name, { role, json: flags.json ?? false }, loaded, context);
  await pull(name, role, flags, loaded, context);
  return 0;
}

/** Brings what a name stands for, then compiles what of it is a Qwen3 checkpoint. */
async function pull(name: string, role: ModelRole | undefined, flags: ModelsFlags, { settings, hub }: LoadedSettings, context: CommandContext): Promise<void> {
  const { output, signal } = context;
  const onNotice = (line: string): void => output.notice(`rerank: ${line}`);
  const locator = openLocator(hub, context.cwd, { settings, talk: { onNotice, signal, openProgress: compileProgressOf(context) } });
  await checkDevice(settings);
  const items = locator.pullPlan(name, role);
  for (const item of items) {
    onNotice(`${item.repo}${item.licence === undefined ? "" : ` (licence: ${item.licence})`}`);
    const { commit, folder } = await download(item, flags.revision ?? item.revision, hub, context);
    await output.write(flags.json ? `${JSON.stringify({ repo: item.repo, commit, folder })}\n` : `${item.repo} ${commit.slice(0, 8)} is in ${folder}\n`);
  }
  const checkpoints = locator.checkpoints(name, role);
  if (items.length === 0 && checkpoints.length === 0) onNotice(`${name} is in the package: there is nothing to pull`);
  for (const checkpoint of checkpoints) {
    const report = await compile(checkpoint);
    await output.write(flags.json ? compiledJson(report) : compiledLine(report));
  }

  async function compile({ name: id, role: half }: NamedCheckpoint) {
    const spec = await locator.locate(id, half);
    const report = findCompileReport(dirname(spec.graphPath));
    if (report === undefined) throw new Error(`${dirname(spec.graphPath)} has lost its report`);
    return { id: spec.id, folder: dirname(spec.graphPath), ...report };
  }
}

async function download({ repo, wanted, preview }: PullItem, revision: string, hub: HubSettings, { environment: env, signal }: CommandContext): Promise<DownloadedFiles> {
  const talk = describeTerminal({ stream: process.stderr, env, colorSetting: "auto" });
  const progress = createDownloadProgress({ stream: process.stderr, terminal: talk });
  const { endpoint, token, cacheFolder, offline, proxies } = hub;
  const shared = { endpoint, token: token?.reveal(), cacheFolder, offline, proxies, repo, revision, signal };
  try {
    if (preview !== undefined) {
      const { folder, files } = await downloadModelFiles({ ...shared, wanted: preview.wanted });
      if (files.length > 0) preview.check(folder);
    }
    return await downloadModelFiles({ ...shared, wanted, onProgress: (state) => progress.update(state) });
  } finally {
    progress.stop();
  }
}

function roleOf(written: string | undefined): ModelRole | undefined {
  if (written === undefined || written === "embedder" || written === "reranker") return written;
  throw new UserError(`"${written}" is no role`, { hint: "name --role embedder or --role reranker, or leave it out for both" });
}
