import { readApiKeys } from "../../config/api-keys.ts";
import { readDotenvFile } from "../../config/dotenv-file.ts";
import { withoutCredentials, type HubSettings, type HubSources } from "../../config/hub-settings.ts";
import { formatSetting, type SettingValue } from "../../config/parse-setting.ts";
import { variable, type Environment } from "../../config/environment.ts";
import { resolveSettings, type ResolvedSettings, type ResolveOptions, type SettingSource } from "../../config/resolve-settings.ts";
import { defaultText } from "../../config/settings-markdown.ts";
import { SETTINGS, type SettingDefinition } from "../../config/settings-table.ts";
import { isServeVariable } from "../../config/variable-aliases.ts";
import { UserError } from "../../domain/errors.ts";
import { alignedRows } from "../../reporters/aligned-rows.ts";
import { printableLine } from "../../reporters/printable.ts";
import { providerKeyVariables } from "../remote-endpoint.ts";

/** Where settings are looked for: all of `resolveSettings`' options but what only one command looks at. */
export type ConfigContext = Omit<ResolveOptions, "command" | "dotenv">;

export interface ExplainedSetting extends SettingSource {
  readonly key: string;
  /** `null` when nothing sets it. */
  readonly value: SettingValue | null;
  /** As a person would write it; what holds instead when nothing sets it. */
  readonly text: string;
}

export interface ConfigExplanation {
  readonly version: 1;
  readonly settings: readonly ExplainedSetting[];
  /** The hub's, under the names of their variables. The token's value is in no member. */
  readonly hub: readonly { readonly key: string; readonly text: string; readonly where: string }[];
  /** What is otherwise for `rerank serve`, which reads a `.env` and variables of other servers too. */
  readonly serve: {
    readonly settings: readonly ExplainedSetting[];
    /** Where its keys come from. Their values are in no member. */
    readonly keys: readonly string[];
    readonly dotenv: string | null;
  };
  /** Keys of servers with remote models that are set, under the names of their variables. Their values are in no member. */
  readonly remote: readonly { readonly key: string; readonly text: string; readonly where: string }[];
  readonly files: { readonly project: string | null; readonly user: string | null; readonly ignored: readonly string[] };
  readonly notices: readonly string[];
}

/** Every setting, its value and where it comes from: what `config explain --json` prints. */
export async function configExplain(context: ConfigContext): Promise<ConfigExplanation> {
  const resolved = await resolveSettings(context);
  const { hub, hubSources, files } = resolved;
  const settings = explainSettings(resolved);
  const { notices, ...serve } = await explainServe(context, settings, resolved.notices);
  return {
    version: 1,
    settings,
    hub: explainHub(hub, hubSources),
    remote: explainRemote(resolved.environment),
    serve,
    files: { project: files.project?.path ?? null, user: files.user?.path ?? null, ignored: files.ignored },
    notices,
  };
}

function explainSettings({ settings, sources }: Pick<ResolvedSettings, "settings" | "sources">): ExplainedSetting[] {
  return SETTINGS.map((setting) => explainSetting(setting, settings[setting.key], sources[setting.key]));
}

/** A wrong value in a `.env` stops the server alone: here it is one more notice. */
async function explainServe(
  context: ConfigContext,
  others: readonly ExplainedSetting[],
  notices: readonly string[],
): Promise<ConfigExplanation["serve"] & Pick<ConfigExplanation, "notices">> {
  try {
    const dotenv = readDotenvFile(context.cwd, isServeVariable);
    const resolved = await resolveSettings({ ...context, command: "serve", dotenv });
    const { keys, notices: ofKeys } = readApiKeys({ env: resolved.environment, keyFile: resolved.settings.keyFile, sourceOf: resolved.sourceOf });
    return {
      settings: explainSettings(resolved).filter(({ text, where }, position) => text !== others[position]?.text || where !== others[position]?.where),
      keys: [...new Set(keys.map(({ source }) => source))],
      dotenv: dotenv?.path ?? null,
      notices: [...new Set([...notices, ...resolved.notices, ...ofKeys])],
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { settings: [], keys: [], dotenv: null, notices: [...notices, `rerank serve would not start: ${error.message}`] };
  }
}

/** The explanation as aligned columns: key, value, source. */
export function formatExplanation({ settings, hub, remote, serve, files, notices }: ConfigExplanation): string {
  const settingRow = ({ key, value, text, source, where }: ExplainedSetting): string[] => [key, value === null ? `(${text})` : text, sourceText(source, where)];
  const rows = [
    ...settings.map(settingRow),
    ...[...hub, ...remote].map(({ key, text, where }) => [key, text, where === "" ? "default" : where]),
  ];
  const serveRows = [...serve.settings.map(settingRow), ...(serve.keys.length > 0 ? [["API keys", "(secret)", serve.keys.join("; ")]] : [])];
  const aligned = (cells: readonly string[][]): string => alignedRows(cells.map((row) => row.map(printableLine))).trimEnd();
  return [
    aligned(rows),
    ...(serveRows.length > 0 ? ["for `rerank serve`:", aligned(serveRows)] : []),
    ...files.ignored.map((path) => `not read, because another file beside it comes first: ${path}`),
    ...notices,
  ].join("\n");
}

function sourceText(source: SettingSource["source"], where: string): string {
  return where === "" ? source : where;
}

export function explainSetting(setting: SettingDefinition, value: SettingValue | undefined, { source, where }: SettingSource): ExplainedSetting {
  const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0);
  const text = isEmpty ? defaultText(setting) : formatSetting(setting, value);
  return { key: setting.key, value: value ?? null, text, source, where };
}

function explainRemote(env: Environment): ConfigExplanation["remote"] {
  return providerKeyVariables()
    .filter((name) => variable(env, name) !== undefined)
    .map((name) => ({ key: name, text: "(secret)", where: name }));
}

function explainHub({ endpoint, token, cacheFolder, offline, proxies }: HubSettings, sources: HubSources): ConfigExplanation["hub"] {
  const proxyText = (url: string | undefined): string => (url === undefined ? "none" : withoutCredentials(url));
  return [
    { key: "HF_ENDPOINT", text: withoutCredentials(endpoint), where: sources.endpoint },
    { key: "HF_TOKEN", text: token === undefined ? "none" : String(token), where: sources.token },
    { key: "HF_HUB_CACHE", text: cacheFolder, where: sources.cacheFolder },
    { key: "HF_HUB_OFFLINE", text: String(offline), where: sources.offline },
    { key: "http_proxy", text: proxyText(proxies.http), where: sources.httpProxy },
    { key: "https_proxy", text: proxyText(proxies.https), where: sources.httpsProxy },
    { key: "no_proxy", text: proxies.noProxy.join(",") || "none", where: sources.noProxy },
  ];
}
