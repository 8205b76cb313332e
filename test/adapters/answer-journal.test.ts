import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openAnswerJournal } from "../../src/adapters/answer-journal.ts";
import type { JudgedQuery, QueryAnswer } from "../../src/domain/evaluation.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { userErrorOf } from "../support/user-error-of.ts";

const query = (id: string, text = `text of ${id}`): JudgedQuery => ({ id, text, grades: new Map() });
const answer = (queryId: string, judgedPairs = 3): QueryAnswer => ({
  queryId,
  stages: [{ stage: "recall", elapsedMs: 1.5, documents: [{ documentId: "d1", similarity: 0.25, relevance: null }] }],
  judgedPairs,
  judgingMs: 2,
  excerpts: { d1: "京" },
});

function write(file: string, ...ids: string[]): void {
  const journal = openAnswerJournal(file);
  for (const id of ids) journal.append(query(id), answer(id));
  journal.close();
}

describe("the journal of answers", () => {
  test("gives back what was kept, by query", () => {
    const file = join(tempFolder(), "deep", "answers.jsonl");
    write(file, "q1", "q2");
    const journal = openAnswerJournal(file);
    expect(journal.known([query("q2"), query("q3")])).toEqual(new Map([["q2", answer("q2")]]));
    journal.close();
  });

  test("does not take the answer to another text for the query's", () => {
    const file = join(tempFolder(), "answers.jsonl");
    write(file, "q1");
    const journal = openAnswerJournal(file);
    expect(journal.known([query("q1", "something else")]).size).toBe(0);
    journal.close();
  });

  test("goes on after a line that a kill has cut off", () => {
    const file = join(tempFolder(), "answers.jsonl");
    write(file, "q1");
    appendFileSync(file, '{"queryHash":"ab","queryId":"q2","stag');
    write(file, "q3");
    const journal = openAnswerJournal(file);
    expect([...journal.known([query("q1"), query("q2"), query("q3")]).keys()]).toEqual(["q1", "q3"]);
    journal.close();
  });

  test("skips lines that are none of its own", () => {
    const file = join(tempFolder(), "answers.jsonl");
    writeFileSync(file, 'null\n{"queryId":7}\n\u0000\u0000\n');
    const journal = openAnswerJournal(file);
    expect(journal.known([query("7")]).size).toBe(0);
    journal.close();
  });

  test("starts from nothing when asked to", () => {
    const file = join(tempFolder(), "answers.jsonl");
    write(file, "q1");
    const journal = openAnswerJournal(file, { fresh: true });
    expect(journal.known([query("q1")]).size).toBe(0);
    journal.close();
    expect(readFileSync(file, "utf8")).toBe("");
  });

  test("takes the later answer when two processes have kept one each", () => {
    const file = join(tempFolder(), "answers.jsonl");
    const [first, second] = [openAnswerJournal(file), openAnswerJournal(file)];
    first.append(query("q1"), answer("q1", 1));
    second.append(query("q1"), answer("q1", 2));
    first.append(query("q2"), answer("q2"));
    for (const each of [first, second]) each.close();
    const journal = openAnswerJournal(file);
    expect(journal.known([query("q1"), query("q2")]).get("q1")?.judgedPairs).toBe(2);
    journal.close();
  });

  test("names the file where it cannot be written", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "answers.jsonl"));
    expect(userErrorOf(() => openAnswerJournal(join(folder, "answers.jsonl"))).message).toContain("answers.jsonl");
  });
});
