import { downloadModelFiles } from "../../adapters/hub/download-model-files.ts";
import type { HubSettings } from "../../config/hub-settings.ts";
import { UserError } from "../../domain/errors.ts";
import { createDownloadProgress } from "../../reporters/download-progress.ts";
import { modelsJson, modelsText } from "../../reporters/models-report.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import { openLocator } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags } from "../load-settings.ts";

interface ModelsFlags extends Flags {
  readonly json?: boolean;
  readonly revision?: string;
}

/** `rerank models [list]` and `rerank models pull <name>`. Resolves to the exit code. */
export async function runModels([action = "list", name]: readonly string[], flags: ModelsFlags, context: CommandContext): Promise<number> {
  const { settings, hub } = await loadSettings(context, "models", flags);
  const locator = openLocator(hub, context.cwd);
  if (action === "list") {
    const terminal = describeTerminal({ stream: process.stdout, env: context.environment, colorSetting: settings.color });
    const models = await locator.list();
    await context.output.write(flags.json ? modelsJson(models) : modelsText(models, terminal));
    return 0;
  }
  if (action !== "pull") throw new UserError(`there is no \`rerank models ${action}\``, { hint: "use list or pull" });
  if (name === undefined) throw new UserError("models pull needs a name", { hint: "`rerank models list` shows the known ones" });
  const items = locator.pullPlan(name);
  if (items.length === 0) context.output.notice(`rerank: ${name} is in the package: there is nothing to pull`);
  const talk = describeTerminal({ stream: process.stderr, env: context.environment, colorSetting: settings.color });
  for (const { repo, revision, wanted, licence } of items) {
    context.output.notice(`rerank: ${repo}${licence === undefined ? "" : ` (licence: ${licence})`}`);
    const progress = createDownloadProgress({ stream: process.stderr, terminal: talk });
    try {
      const { folder, commit } = await downloadModelFiles({
        ...hubOptions(hub),
        repo,
        revision: flags.revision ?? revision,
        wanted,
        signal: context.signal,
        onProgress: (state) => progress.update(state),
      });
      progress.stop();
      await context.output.write(flags.json ? `${JSON.stringify({ repo, commit, folder })}\n` : `${repo} ${commit.slice(0, 8)} is in ${folder}\n`);
    } finally {
      progress.stop();
    }
  }
  return 0;
}

function hubOptions({ endpoint, token, cacheFolder, offline, proxies }: HubSettings) {
  return { endpoint, token: token?.reveal(), cacheFolder, offline, proxies };
}
