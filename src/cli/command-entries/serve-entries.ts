import type { CommandEntry } from "./command-entry.ts";

/** What other programs call. */
export const SERVE_ENTRIES: readonly CommandEntry[] = [
  {
    name: "serve",
    arguments: "",
    description: "answer rerank, embedding and search requests over HTTP, and lend the loaded models to other commands",
    options: [],
    examples: [
      "rerank serve",
      "rerank serve --models qwen3-0.6b --port 8080 --idle 10m",
      "RERANK_API_KEY=... rerank serve --host 0.0.0.0 --rate-limit 600",
      "curl -s localhost:7372/v1/rerank -d '{\"query\":\"limescale\",\"documents\":[\"Descale the kettle\",\"Pump up the tyres\"]}' -H 'content-type: application/json'",
    ],
    run: async (_args, flags, context) => (await import("../commands/serve.ts")).runServe(flags, context),
  },
  {
    name: "mcp",
    arguments: "",
    description: "let coding agents and editors search: the Model Context Protocol over stdin and stdout (5 results and 20 s a call, where nothing is set)",
    options: [["--http", "over HTTP: `rerank serve` with --mcp; --host, --port and the other options of a listener count then"]],
    examples: ["rerank mcp", "rerank mcp --index ~/notes", "claude mcp add rerank -- rerank mcp --index ~/notes", "rerank mcp --http --port 8080"],
    run: async (_args, flags, context) => (await import("../commands/mcp.ts")).runMcp(flags, context),
  },
];
