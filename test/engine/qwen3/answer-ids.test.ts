import { describe, expect, test } from "vitest";
import { answerIds } from "../../../src/engine/qwen3/prompt.ts";
import { openQwen3Tokenizer } from "../../../src/engine/qwen3/qwen3-tokenizer.ts";
import { QWEN3_TOKENIZER_FOLDER } from "../../support/synthetic-checkpoint.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

describe("the two answers of a reranker", () => {
  test("are the tokens that the checkpoint's own tokenizer gives", async () => {
    const tokenizer = await openQwen3Tokenizer(QWEN3_TOKENIZER_FOLDER);
    expect(answerIds(tokenizer)).toEqual({ yes: 9693, no: 2152 });
    const swapped = { ...tokenizer, encode: (text: string) => tokenizer.encode(text === "yes" ? "no" : "yes") };
    expect(answerIds(swapped)).toEqual({ yes: 2152, no: 9693 });
  });

  test("are refused where the vocabulary has them in pieces", async () => {
    const tokenizer = await openQwen3Tokenizer(QWEN3_TOKENIZER_FOLDER);
    const inPieces = { ...tokenizer, encode: () => Int32Array.of(88, 288) };
    expect(userErrorOf(() => answerIds(inPieces)).message).toContain('no token "yes"');
  });
});
