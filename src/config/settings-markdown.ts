import { formatSetting } from "./parse-setting.ts";
import { SETTINGS, type SettingDefinition } from "./settings-table.ts";

/** The table of all settings in docs/configuration.md. */
export function settingsMarkdown(): string {
  const rows = SETTINGS.map((setting: SettingDefinition) => [
    `\`${setting.key}\``,
    `\`${setting.flag}\``,
    `\`${setting.env}\``,
    typeText(setting),
    defaultText(setting),
    setting.doc,
  ]);
  const header = ["key", "flag", "variable", "type", "default", "meaning"];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.map(escapeBars).join(" | ")} |`).join("\n");
}

/** What holds when nobody sets it, as a person would write it: for help texts and documentation. */
export function defaultText(setting: SettingDefinition): string {
  if (setting.default === undefined) return setting.unset ?? "";
  return setting.type === "list" ? "none" : formatSetting(setting, setting.default);
}

function typeText(setting: SettingDefinition): string {
  switch (setting.type) {
    case "choice":
      return setting.choices.map((choice) => `\`${choice}\``).join(", ");
    case "integer":
    case "number":
      return `${setting.type}, ${setting.min} to ${setting.max}`;
    case "bytes":
      return "size";
    case "duration":
      return "time";
    case "string":
      return setting.path === undefined || setting.path === "model" ? "text" : setting.path;
    default:
      return setting.type;
  }
}

function escapeBars(cell: string): string {
  return cell.replaceAll("|", "\\|");
}
