import type { CommandName } from "../config/settings-table.ts";
import type { CommandContext } from "./context.ts";
import type { Flags } from "./load-settings.ts";
import type { Command } from "commander";

type OwnOption = readonly [flag: string, doc: string];

export interface CommandEntry {
  readonly name: CommandName;
  /** In commander's syntax: "<query> [file...]". */
  readonly arguments: string;
  /** What the usage line says instead, where an argument is one of a few words. */
  readonly usage?: string;
  readonly description: string;
  /** Beside the settings that belong to the command. */
  readonly options: readonly OwnOption[];
  /** Results can be had in several formats. */
  readonly hasFormats?: true;
  readonly examples: readonly string[];
  /** Imports the command, runs it and resolves to its exit code. */
  readonly run: (args: readonly string[], flags: Flags, context: CommandContext, program: Command) => Promise<number>;
}

export const FORMAT_OPTIONS: readonly OwnOption[] = [
  ["--json", "one JSON object; docs/json.md describes it"],
  ["--jsonl", "one JSON object a line"],
  ["--csv", "comma-separated values with a header"],
  ["--markdown", "a Markdown list with links"],
  ["--files", "only the paths, best first, each once"],
  ["-0, --null", "with --files: end each path with a null byte"],
  ["--explain", "both orders side by side, timings, settings, truncations"],
];

const JSON_OPTION: OwnOption = ["--json", "print JSON"];

/** Every command, in the order of `rerank --help`. */
export const COMMAND_TABLE: readonly CommandEntry[] = [
  {
    name: "index",
    arguments: "[path...]",
    description: "embed folders and files into the index, or bring it up to date",
    options: [
      ["--dry-run", "say what would be done, write nothing"],
      ["--rebuild", "build the index anew; the old one answers until the new one is complete"],
      ["--forget", "drop the named folders or files from the index"],
      ["--watch", "stay and follow changes"],
      ["--json", "print the report as JSON"],
      ["-v, --verbose", "name every skipped file"],
    ],
    examples: [
      "rerank index ./docs",
      "rerank index                        # everything that the index covers, again",
      "rerank index ~/notes --include '*.md' --exclude drafts --watch",
      "rerank index . --dry-run",
    ],
    run: async (paths, flags, context) => (await import("./commands/index-folders.ts")).runIndex(paths, flags, context),
  },
  {
    name: "search",
    arguments: "[query...]",
    description: "find passages: recall by meaning, then rerank",
    options: [["--exact", "short for --recall exact"]],
    hasFormats: true,
    examples: [
      'rerank search "how do I remove limescale?"',
      "rerank search 中国的首都是哪里 -n 3",
      'rerank search "error handling" --path "src/**" --json | jq .results[0].path',
      "rerank search --jsonl < queries.txt  # one query a line, one answer a line",
      'rerank search "tyre pressure" --budget 800 --explain',
    ],
    run: async (words, flags, context) => (await import("./commands/search.ts")).runSearch(words, flags, context),
  },
  {
    name: "repl",
    arguments: "[query...]",
    description: "open the interactive screen: both orders side by side, as the reranker judges",
    options: [
      ["--exact", "short for --recall exact"],
      ["--plain", "no screen: read queries from stdin, one a line, and print numbered results; -n, --min-relevance and --per-document need it"],
    ],
    examples: [
      "rerank                               # the same",
      'rerank repl "how do I remove limescale?"',
      "rerank --models qwen3-0.6b --budget 2s",
      "printf 'limescale\ntyre pressure\n' | rerank --plain",
    ],
    run: async (words, flags, context) => (await import("./commands/repl.ts")).runRepl(words, flags, context),
  },
  {
    name: "rank",
    arguments: "<query> [file...]",
    description: "rerank what another tool has found: lines, JSONL or files",
    options: [
      ["--from-paths", "lines of stdin name files to read"],
      ["--field <name>", "the field of JSON lines that holds the text"],
      ["--lines", "print the input lines themselves, reordered (the default in a pipe)"],
    ],
    hasFormats: true,
    examples: [
      'rg -l tyre | rerank rank "how much air does a bicycle need?" --from-paths',
      'rerank rank "how do I undo a commit" < answers.txt',
      'jq -c ".hits[]" hits.json | rerank rank "limescale" --field body --jsonl',
      'rerank rank "payment terms" contracts/*.pdf',
    ],
    run: async (args, flags, context) => (await import("./commands/rank.ts")).runRank(args, flags, context),
  },
  {
    name: "demo",
    arguments: "",
    description: "search a small bilingual corpus with the bundled models, then open the screen on it",
    options: [["--no-screen", "end after the two searches"]],
    examples: ["rerank demo"],
    run: async (_args, flags, context) => (await import("./commands/demo.ts")).runDemo(flags, context),
  },
  {
    name: "eval",
    arguments: "[dataset...]",
    usage: "<dataset> [options]\n       rerank eval <run-file...> --qrels <file> [options]",
    description: "measure both stages on judged queries: a BEIR folder, your own queries, or TREC runs",
    options: [
      ["--exact", "short for --recall exact"],
      ["--top <count>", "documents ranked for each query: the judged candidates, then the rest of the recall (default: 100)"],
      ["--queries <count>", "ask only so many, drawn at random (default: all)"],
      ["--seed <number>", "which ones are drawn, and the bootstrap's samples (default: 7)"],
      ["--compare <variants...>", "models (mini, qwen3-0.6b) or settings (candidates=20, hybrid, dimensions=256) side by side"],
      ["--qrels <file>", "judgments for run files, or another file of the folder's"],
      ["--run-out <file>", "write the last stage's order as a TREC run"],
      ["--html <file>", "write a report with charts, in one file"],
      ["--fresh", "ask queries again that an earlier run has answered"],
      ["--markdown", "print Markdown tables"],
      JSON_OPTION,
    ],
    examples: [
      "rerank eval ./scifact",
      "rerank eval ./scifact --queries 50 --seed 7 --html report.html",
      "rerank eval my-queries.yaml                       # against the current index",
      "rerank eval ./scifact --compare mini qwen3-0.6b",
      'rerank eval my-queries.yaml --compare candidates=20 candidates=100 "hybrid,candidates=50"',
      "rerank eval bm25.run mine.run --qrels qrels.txt",
    ],
    run: async (args, flags, context) => (await import("./commands/eval.ts")).runEval(args, flags, context),
  },
  {
    name: "tune",
    arguments: "[query...]",
    description: "find the fewest candidates and the shortest vectors that keep the reranker's top 10",
    options: [
      ["--from <file>", "sample queries, one a line; - is stdin"],
      ["--queries <count>", "draw so many: of those given, or from the index's headings where none are (default: all, or 20)"],
      ["--seed <number>", "which ones are drawn (default: 7)"],
      ["--max-candidates <count>", "the most to try (default: 200)"],
      ["--keep <share>", "how much of the reranker's top 10 must survive, within --budget if given; above 0, up to 1 (default: 0.95)"],
      ["--write", "write the settings found into the configuration"],
      ["--project", "with --write: into the project's file instead of the user's"],
      JSON_OPTION,
    ],
    examples: [
      "rerank tune",
      "rerank tune --budget 1s --write --project",
      'rerank tune "how do I remove limescale?" "tyre pressure"',
      "rerank tune --from queries.txt --json",
    ],
    run: async (args, flags, context) => (await import("./commands/tune.ts")).runTune(args, flags, context),
  },
  {
    name: "bench",
    arguments: "",
    description: "measure this machine in a minute: loading, tokens per second, HNSW, memory",
    options: [JSON_OPTION],
    examples: ["rerank bench", "rerank bench --models qwen3-0.6b --json"],
    run: async (_args, flags, context) => (await import("./commands/bench.ts")).runBench(flags, context),
  },
  {
    name: "status",
    arguments: "",
    description: "show what the index covers, its models and sizes, and what has changed since",
    options: [JSON_OPTION],
    examples: ["rerank status", "rerank status --json"],
    run: async (_args, flags, context) => (await import("./commands/status.ts")).runStatus(flags, context),
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
    run: async (_args, flags, context) => (await import("./commands/audit.ts")).runAudit(flags, context),
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
    run: async (args, flags, context) => (await import("./commands/models.ts")).runModels(args, flags, context),
  },
  {
    name: "config",
    arguments: "<action> [key] [value...]",
    usage: "(get <key> | set <key> <value...> | unset <key> | path | explain) [options]",
    description: "get, set and explain settings",
    options: [["--project", "write the project's file instead of the user's"], JSON_OPTION],
    examples: ["rerank config explain", "rerank config set limit 20", "rerank config get models"],
    run: async (args, flags, context) => (await import("./commands/run-config.ts")).runConfig(args, flags, context),
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
    run: async (args, _flags, context, program) => (await import("./commands/run-completion.ts")).runCompletion(args, program, context),
  },
  {
    name: "doctor",
    arguments: "",
    description: "check Node, native modules, models, disk and index",
    options: [JSON_OPTION],
    examples: ["rerank doctor"],
    run: async (_args, flags, context) => (await import("./commands/doctor.ts")).runDoctor(flags, context),
  },
];
