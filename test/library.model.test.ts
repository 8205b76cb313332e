import { afterAll, beforeAll, expect, test } from "vitest";
import { indexFolders, openIndex, openReranker, UserError } from "../src/index.ts";
import { createWorkplace, expectExit, type Workplace } from "./cli/support/workplace.ts";

const QUERY = "How do I get limescale out of a kettle?";
const TEXTS = ["Store red wine lying down.", "Boil vinegar in the kettle: the limescale is gone.", "中国的首都是北京。"];

interface ResultJson {
  readonly rank: number;
  readonly path: string;
  readonly logit: number;
  readonly similarity: number | null;
}

let place: Workplace;

beforeAll(async () => {
  place = createWorkplace(Object.fromEntries(TEXTS.map((text, position) => [`docs/${position}.md`, `# Page ${position}\n\n${text}\n`])));
  const report = await indexFolders({ cwd: place.folder, paths: ["docs"], models: "mini" });
  expect(report).toMatchObject({ indexed: 3, skipped: [], total: { documents: 3 } });
});
afterAll(() => place.remove());

function resultsOf({ stdout }: { readonly stdout: string }): ResultJson[] {
  const { results } = JSON.parse(stdout) as { readonly results: readonly ResultJson[] };
  return results.map(({ rank, path, logit, similarity }) => ({ rank, path, logit, similarity }));
}

test("an opened index gives the command line's results, bit for bit", async () => {
  const index = await openIndex(place.folder, { models: "mini" });
  try {
    expect(index.counts()).toMatchObject({ documents: 3, passages: 3 });
    const { results } = await index.search(QUERY, { resultCount: 3 });
    const fromCli = resultsOf(expectExit(await place.rerank(["search", QUERY, "-n", "3", "--json"]), 0));
    expect(results.map(({ rank, passage, judgment, similarity }) => ({ rank, path: passage.path, logit: judgment?.logit, similarity }))).toEqual(fromCli);
    expect(fromCli[0]?.path).toBe("docs/1.md");
    await expect(index.search(" ")).rejects.toThrow(UserError);
    expect((await index.search(QUERY, { paths: ["docs/2.md"], rerank: false })).results.map(({ passage, judgment }) => [passage.path, judgment])).toEqual([
      ["docs/2.md", null],
    ]);
  } finally {
    await index.close();
  }
});

test("an opened reranker gives the results of rank, bit for bit", async () => {
  const reranker = await openReranker({ models: "mini" });
  try {
    const { results } = await reranker.rank(QUERY, TEXTS);
    const fromCli = resultsOf(expectExit(await place.rerank(["rank", QUERY, "--json"], { stdin: TEXTS.join("\n") }), 0));
    expect(results.map(({ rank, judgment }) => ({ rank, logit: judgment?.logit }))).toEqual(fromCli.map(({ rank, logit }) => ({ rank, logit })));
    expect(results.map(({ passage }) => passage.text)[0]).toBe(TEXTS[1]);
  } finally {
    await reranker.close();
  }
});

test("what a user can fix is a UserError with a hint", async () => {
  await expect(openIndex(place.path("..", "home"))).rejects.toMatchObject({ name: "UserError", hint: expect.stringContaining("rerank index") });
  await expect(indexFolders({ cwd: place.folder, paths: ["nowhere"] })).rejects.toMatchObject({ name: "UserError", message: "nowhere does not exist" });
  await expect(openReranker({ reranker: "./nowhere" })).rejects.toBeInstanceOf(UserError);
});
