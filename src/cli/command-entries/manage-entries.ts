import { JSON_OPTION, type CommandEntry } from "./command-entry.ts";

/** Looking after index, models, settings and the machine. */
export const MANAGE_ENTRIES: readonly CommandEntry[] = [
  {
    name: "status",
    arguments: "",
    description: "show what the index covers, its models and sizes, and what has changed since",
    options: [JSON_OPTION],
    examples: ["rerank status", "rerank status --json"],
    run: async (_args, flags, context) => (await import("../commands/status.ts")).runStatus(flags, context),
  },
  {
    name: "audit",
    arguments: "",
    description: "check the index: HNSW against exact search, checksums, orphans, stale files, disk use",
    options: [
      ["--repair", "rebuild what is derived and drop what nothing uses"],
      ["--samples <count>", "vectors to compare the neighbours of (default: 200)"],
      ["--seed <number>", "which ones are drawn (default: 7)"],
      JSON_OPTION,
    ],
    examples: ["rerank audit", "rerank audit --repair", "rerank audit --json | jq .problems"],
    run: async (_args, flags, context) => (await import("../commands/audit.ts")).runAudit(flags, context),
  },
  {
    name: "models",
    arguments: "[action] [name]",
    usage: "[list | pull <name> | verify <name>] [options]",
    description: "list the known models, pull and compile one, or verify a compiled one",
    options: [
      JSON_OPTION,
      ["--role <role>", "pull or verify only the embedder or only the reranker"],
      ["--revision <commit>", "pull this revision instead of the default one"],
    ],
    examples: [
      "rerank models list",
      "rerank models pull qwen3-0.6b",
      "rerank models pull qwen3-reranker-4b --precision int4",
      "rerank models pull ./my-finetune     # compile a folder's checkpoint",
      "rerank models pull bge-reranker-base",
      "rerank models verify qwen3-0.6b      # exit code 1 when an answer is wrong",
      "rerank models verify qwen3-reranker-0.6b:int4 --device webgpu --json",
    ],
    run: async (args, flags, context) => (await import("../commands/models.ts")).runModels(args, flags, context),
  },
  {
    name: "config",
    arguments: "<action> [key] [value...]",
    usage: "(get <key> | set <key> <value...> | unset <key> | path | explain) [options]",
    description: "get, set and explain settings",
    options: [["--project", "write the project's file instead of the user's"], JSON_OPTION],
    examples: ["rerank config explain", "rerank config set limit 20", "rerank config get models"],
    run: async (args, flags, context) => (await import("../commands/run-config.ts")).runConfig(args, flags, context),
  },
  {
    name: "completion",
    arguments: "<shell>",
    usage: "(bash | zsh | fish)",
    description: "print a completion script for bash, zsh or fish",
    options: [],
    examples: [
      "rerank completion bash > ~/.local/share/bash-completion/completions/rerank",
      "rerank completion zsh > ~/.zfunc/_rerank",
      "rerank completion fish > ~/.config/fish/completions/rerank.fish",
    ],
    run: async (args, _flags, context, program) => (await import("../commands/run-completion.ts")).runCompletion(args, program, context),
  },
  {
    name: "doctor",
    arguments: "",
    description: "check Node, native modules, models, disk and index",
    options: [JSON_OPTION],
    examples: ["rerank doctor"],
    run: async (_args, flags, context) => (await import("../commands/doctor.ts")).runDoctor(flags, context),
  },
];
