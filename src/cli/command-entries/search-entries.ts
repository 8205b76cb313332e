import type { CommandEntry } from "./command-entry.ts";

/** Filling an index and asking it. */
export const SEARCH_ENTRIES: readonly CommandEntry[] = [
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
    run: async (paths, flags, context) => (await import("../commands/index-folders.ts")).runIndex(paths, flags, context),
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
    run: async (words, flags, context) => (await import("../commands/search.ts")).runSearch(words, flags, context),
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
    run: async (words, flags, context) => (await import("../commands/repl.ts")).runRepl(words, flags, context),
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
    run: async (args, flags, context) => (await import("../commands/rank.ts")).runRank(args, flags, context),
  },
  {
    name: "demo",
    arguments: "",
    description: "search a small bilingual corpus with the bundled models, then open the screen on it",
    options: [["--no-screen", "end after the two searches"]],
    examples: ["rerank demo"],
    run: async (_args, flags, context) => (await import("../commands/demo.ts")).runDemo(flags, context),
  },
];
