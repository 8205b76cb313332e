import { describe, expect, test } from "vitest";
import { readSide } from "../../../src/server/dialects/embedding-side.ts";

describe("the side of an embedding", () => {
  test("is the passage's where nothing is said", () => {
    expect(readSide({})).toEqual({ use: "passage" });
    expect(readSide({ input_type: null, task: "", instruction: null })).toEqual({ use: "passage" });
  });

  test.each(["query", "Query", "search_query", "retrieval.query", "RETRIEVAL_QUERY", "s2p_query"])("is the query's when a client says %s", (name) => {
    expect(readSide({ input_type: name })).toEqual({ use: "query" });
  });

  test.each(["passage", "document", "search_document", "retrieval.passage", "text-matching", "classification", "clustering", "separation"])(
    "is the passage's when a client says %s",
    (name) => {
      expect(readSide({ task: name })).toEqual({ use: "passage" });
    },
  );

  test("is the query's where there is an instruction", () => {
    expect(readSide({ instruction: "Find recipes" })).toEqual({ use: "query", instruction: "Find recipes" });
    expect(readSide({ prompt_name: "query", instruction: "Find recipes" })).toEqual({ use: "query", instruction: "Find recipes" });
    expect(readSide({ prompt_name: "query", instruction: "" })).toEqual({ use: "query" });
  });

  test("is refused where members contradict each other, or say nothing that is known", () => {
    expect(() => readSide({ input_type: "query", task: "retrieval.passage" })).toThrow(expect.objectContaining({ kind: "invalid", param: "task" }));
    expect(() => readSide({ input_type: "document", instruction: "Find recipes" })).toThrow(expect.objectContaining({ kind: "invalid", param: "instruction" }));
    expect(() => readSide({ prompt_name: "queryish" })).toThrow(expect.objectContaining({ kind: "invalid", param: "prompt_name" }));
  });

  test("is read from names that agree", () => {
    expect(readSide({ input_type: "search_query", task: "retrieval.query" })).toEqual({ use: "query" });
  });
});
