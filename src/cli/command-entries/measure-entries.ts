import { JSON_OPTION, type CommandEntry } from "./command-entry.ts";

/** Measuring models, settings and the machine. */
export const MEASURE_ENTRIES: readonly CommandEntry[] = [
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
    run: async (args, flags, context) => (await import("../commands/eval.ts")).runEval(args, flags, context),
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
    run: async (args, flags, context) => (await import("../commands/tune.ts")).runTune(args, flags, context),
  },
  {
    name: "bench",
    arguments: "",
    description: "measure this machine in a minute: loading, tokens per second, HNSW, memory",
    options: [JSON_OPTION],
    examples: ["rerank bench", "rerank bench --models qwen3-0.6b --json"],
    run: async (_args, flags, context) => (await import("../commands/bench.ts")).runBench(flags, context),
  },
];
