import { expect, test } from "vitest";
import { judgingFields, judgingLine } from "../../src/mcp/judging-fields.ts";
import { fallbackNotice } from "../../src/pipeline/rerank-fallback.ts";
import { BILINGUAL, sampleResult } from "../reporters/sample-result.ts";

test("an agent is told that the reranker has failed, and is given no relevance to trust", () => {
  const failure = "mini has failed; the server's log says why";
  const samples = BILINGUAL.map((sample) => ({ ...sample, logit: null }));
  const result = sampleResult(samples, { judged: 0, usage: null, reranked: false, rerankFailure: failure, notices: [fallbackNotice(failure, null)] });
  expect(judgingFields(result)).toMatchObject({ reranked: false, judged: 0, partial: false, reranker: "mini", notices: [`the reranker did not run: ${failure}; this is the order of the first stage`] });
  expect(judgingLine(result)).toBe(`3 results; 50 candidates, not reranked, 2975 ms\nnote: the reranker did not run: ${failure}; this is the order of the first stage`);
  expect(judgingFields(sampleResult(BILINGUAL))).toMatchObject({ reranked: true });
});
