import { withoutCredentials, type HubSettings, type HubSources } from "../../config/hub-settings.ts";
import { formatSetting, type SettingValue } from "../../config/parse-setting.ts";
import { resolveSettings, type ResolveOptions, type SettingSource } from "../../config/resolve-settings.ts";
import { defaultText } from "../../config/settings-markdown.ts";
import { SETTINGS, type SettingDefinition } from "../../config/settings-table.ts";
import { alignedRows } from "../../reporters/aligned-rows.ts";
import { printableLine } from "../../reporters/printable.ts";

/** Where settings are looked for: all of `resolveSettings`' options but the command. */
export type ConfigContext = Omit<ResolveOptions, "command">;

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
  readonly files: { readonly project: string | null; readonly user: string | null; readonly ignored: readonly string[] };
  readonly notices: readonly string[];
}

/** Every setting, its value and where it comes from: what `config explain --json` prints. */
export async function configExplain(context: ConfigContext): Promise<ConfigExplanation> {
  const { settings, sources, hub, hubSources, files, notices } = await resolveSettings(context);
  return {
    version: 1,
    settings: SETTINGS.map((setting) => explainSetting(setting, settings[setting.key], sources[setting.key])),
    hub: explainHub(hub, hubSources),
    files: { project: files.project?.path ?? null, user: files.user?.path ?? null, ignored: files.ignored },
    notices,
  };
}

/** The explanation as aligned columns: key, value, source. */
export function formatExplanation({ settings, hub, files, notices }: ConfigExplanation): string {
  const rows = [
    ...settings.map(({ key, value, text, source, where }) => [key, value === null ? `(${text})` : text, sourceText(source, where)]),
    ...hub.map(({ key, text, where }) => [key, text, where === "" ? "default" : where]),
  ];
  return [
    alignedRows(rows.map((cells) => cells.map(printableLine))).trimEnd(),
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
