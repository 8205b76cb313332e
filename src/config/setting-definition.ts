/** The commands that settings belong to; the command line generates each one's options from the table. */
export const COMMAND_NAMES = [
  "index",
  "search",
  "repl",
  "rank",
  "demo",
  "eval",
  "tune",
  "bench",
  "serve",
  "mcp",
  "status",
  "audit",
  "models",
  "cache",
  "config",
  "completion",
  "doctor",
] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

interface SettingBase {
  /** In configuration files, in `config set`, and in `Settings`. */
  readonly key: string;
  /** In commander's syntax. A boolean that is true by default has its negation here: "--no-rerank". */
  readonly flag: string;
  readonly env: string;
  /** Variables of other servers that count after `env`, and for `serve` alone: PORT set for another program must not change a search. */
  readonly aliases?: readonly string[];
  /** One line, without a full stop: help text and documentation. */
  readonly doc: string;
  readonly commands: readonly CommandName[];
  /**
   * A project's file must not hold it: `rerank` is run inside of folders that were downloaded or cloned, and those must not say where
   * texts and keys go.
   */
  readonly userOnly?: true;
  /** What holds when the setting has no default of its own. */
  readonly unset?: string;
}

export type SettingDefinition = SettingBase &
  (
    | {
        readonly type: "string";
        readonly default?: string;
        /**
         * "folder", "file": a path, made absolute from where it was written: the configuration file's folder, or the working directory.
         * "model": the same for parts that start with "./", "../", "~/" or a root; other names are presets or hub ids.
         */
        readonly path?: "folder" | "file" | "model";
        /** "address": a URL of a server without user name and password, or "none", which overrides another source. */
        readonly format?: "address";
      }
    | {
        /** "bytes" and "duration" are read from "20MB" and "2s", and become bytes and milliseconds. */
        readonly type: "integer" | "number" | "bytes" | "duration";
        readonly min: number;
        readonly max: number;
        readonly default?: number;
      }
    | {
        readonly type: "boolean";
        readonly default: boolean;
        /** What the flag does, where it is a negation and `doc` says what the setting does. */
        readonly flagDoc?: string;
      }
    | { readonly type: "list"; readonly default: readonly string[] }
    | { readonly type: "choice"; readonly choices: readonly string[]; readonly default: string }
  );
