import { expect, test } from "vitest";
import { repeatCommand, type RepeatOptions } from "../../../src/cli/screen/repeat-command.ts";
import { resolveSettings } from "../../../src/config/resolve-settings.ts";
import type { ScreenRequest } from "../../../src/ui/screen-services.ts";

const { settings } = await resolveSettings({ flags: { hybrid: true, models: "mini" }, env: {}, cwd: "/", homeFolder: "/nowhere", platform: "linux" });
const REQUEST: ScreenRequest = { query: "limescale", instruction: undefined, candidateCount: settings.candidates, pathGlob: undefined, budgetMs: undefined };

const repeated = (request: Partial<ScreenRequest> = {}, options: Partial<RepeatOptions> = {}) =>
  repeatCommand({ ...REQUEST, ...request }, { settings, isFlag: () => false, reranker: undefined, ...options });

test("a search as the settings have it needs its query only", () => {
  expect(repeated()).toBe("rerank search limescale");
});

test("what was changed on the screen is said, in quotes where a shell would read it otherwise", () => {
  const changed = { query: "how's it?", candidateCount: 100, budgetMs: 2000, instruction: "find recipes", pathGlob: "docs/**, !*.md" };
  expect(repeated(changed, { reranker: "bge-reranker-base" })).toBe(
    "rerank search 'how'\\''s it?' --reranker bge-reranker-base --candidates 100 --budget 2000ms --instruct 'find recipes' --path 'docs/**' --path '!*.md'",
  );
});

test("what came with the command line is said again", () => {
  expect(repeated({}, { isFlag: (key) => key === "hybrid" || key === "models" })).toBe("rerank search limescale --models mini --hybrid");
});

test("a query that looks like an option comes where none can be", () => {
  expect(repeated({ query: "-n", candidateCount: 20 })).toBe("rerank search --candidates 20 -- -n");
});
