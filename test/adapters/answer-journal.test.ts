import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openAnswerJournal } from "../../src/adapters/answer-journal.ts";
import type { JudgedQuery, QueryAnswer } from "../../src/domain/evaluation.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

const query = (id: string, text = `text of ${id}`, grades: JudgedQuery["grades"] = new Map([["d1", 1]])): JudgedQuery => ({ id, text, grades });
const answer = (queryId: string, judgedPairs = 3): QueryAnswer => ({
  queryId,
  stages: [{ stage: "recall", elapsedMs: 1.5, documents: [{ documentId: "d1", similarity: 0.25, relevance: null }] }],
  judgedPairs,
  judgingMs: 2,
  excerpts: { d1: "京" },
});

async function write(file: string, ...ids: string[]): Promise<void> {
  const journal = await openAnswerJournal(file, []);
  for (const id of ids) journal.append(query(id), answer(id));
  journal.close();
}

async function knownOf(file: string, ...queries: readonly JudgedQuery[]): Promise<ReadonlyMap<string, QueryAnswer>> {
  const journal = await openAnswerJournal(file, queries);
  journal.close();
  return journal.known;
}

describe("the journal of answers", () => {
  test("gives back what was kept, by query", async () => {
    const file = join(tempFolder(), "deep", "answers.jsonl");
    await write(file, "q1", "q2");
    expect(await knownOf(file, query("q2"), query("q3"))).toEqual(new Map([["q2", answer("q2")]]));
  });

  test("does not take the answer to another text, or with other judgments, for the query's", async () => {
    const file = join(tempFolder(), "answers.jsonl");
    await write(file, "q1");
    expect((await knownOf(file, query("q1", "something else"))).size).toBe(0);
    expect((await knownOf(file, query("q1", "text of q1", new Map([["d2", 1]])))).size).toBe(0);
  });

  test("goes on after a line that a kill has cut off, also inside a character", async () => {
    const file = join(tempFolder(), "answers.jsonl");
    await write(file, "q1");
    appendFileSync(file, Buffer.from('{"queryHash":"ab","queryId":"京').subarray(0, -1));
    await write(file, "q3");
    expect([...(await knownOf(file, query("q1"), query("q2"), query("q3"))).keys()]).toEqual(["q1", "q3"]);
  });

  test("skips lines that are none of its own", async () => {
    const file = join(tempFolder(), "answers.jsonl");
    writeFileSync(file, 'null\n{"queryId":7}\n\u0000\u0000\n');
    expect((await knownOf(file, query("7"))).size).toBe(0);
  });

  test("starts from nothing when asked to", async () => {
    const file = join(tempFolder(), "answers.jsonl");
    await write(file, "q1");
    const journal = await openAnswerJournal(file, [query("q1")], { fresh: true });
    expect(journal.known.size).toBe(0);
    journal.append(query("q2"), answer("q2"));
    journal.close();
    expect([...(await knownOf(file, query("q1"), query("q2"))).keys()]).toEqual(["q2"]);
  });

  test("writes nothing, and needs to write nothing, where every answer is known", async () => {
    const file = join(tempFolder(), "answers.jsonl");
    expect((await knownOf(file, query("q1"))).size).toBe(0);
    expect(existsSync(file)).toBe(false);
    await write(file, "q1");
    const before = readFileSync(file, "utf8");
    expect((await knownOf(file, query("q1"))).size).toBe(1);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  test("takes the later answer when two processes have kept one each", async () => {
    const file = join(tempFolder(), "answers.jsonl");
    const [first, second] = [await openAnswerJournal(file, []), await openAnswerJournal(file, [])];
    first.append(query("q1"), answer("q1", 1));
    second.append(query("q1"), answer("q1", 2));
    first.append(query("q2"), answer("q2"));
    for (const each of [first, second]) each.close();
    expect((await knownOf(file, query("q1"), query("q2"))).get("q1")?.judgedPairs).toBe(2);
  });

  test("names the file where it cannot be written", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "answers.jsonl"));
    expect((await userRejectionOf(openAnswerJournal(join(folder, "answers.jsonl"), []))).message).toContain("answers.jsonl");
  });
});
