import type { FastifyReply, FastifyRequest } from "fastify";
import { Type, type Static } from "typebox";
import type { AppServices } from "../create-app.ts";
import type { Dialect } from "../dialect.ts";
import { callerOf } from "../http/caller.ts";
import { checkDocumentCount } from "../limits.ts";
import { ServiceError } from "../service-error.ts";
import { INSTRUCTION, MODEL, optionalBoolean, optionalInteger, RAW_SCORES, TRUNCATED } from "./rerank-fields.ts";
import { agreedOn, checkPairTokens, maxTextTokensOf, requireSome, wantedModel } from "./rerank-request.ts";
import { scoreGroups, scoreOf, scoreTexts, tellScoring } from "./rerank-scoring.ts";
import { supersetErrorAnswer } from "./superset-errors.ts";
import { SUPERSET_ERROR } from "./superset-schemas.ts";

type Texts = string | string[] | null;
const side = (description: string) => Type.Optional(Type.Unsafe<Texts>({ anyOf: [{ type: ["string", "null"] }, { type: "array", items: { type: "string" } }], description }));

const SCORE_REQUEST = Type.Object(
  {
    model: MODEL,
    text_1: side("One query for every text_2, or as many as there are of text_2"),
    text_2: side("What is scored for text_1"),
    queries: side("Another name of text_1"),
    documents: side("Another name of text_2"),
    instruction: INSTRUCTION,
    instruct: INSTRUCTION,
    use_activation: optionalBoolean("false: logits, as raw_scores"),
    activation: optionalBoolean("The older name of use_activation"),
    raw_scores: RAW_SCORES,
    max_tokens_per_doc: optionalInteger("Reads no more of each text_2 than this", 1),
    truncate_prompt_tokens: optionalInteger("As max_tokens_per_doc; -1: as much as the model reads", -1),
  },
  {
    description: "text_1 and text_2, or queries and documents",
    examples: [{ text_1: "how do I remove limescale?", text_2: ["Vinegar dissolves limescale.", "Tides follow the moon."] }],
  },
);
type ScoreBody = Static<typeof SCORE_REQUEST>;

const SCORE_ANSWER = Type.Object({
  id: Type.String(),
  object: Type.Literal("list"),
  created: Type.Integer({ description: "Seconds since 1970" }),
  model: Type.String(),
  data: Type.Array(
    Type.Object({ index: Type.Integer(), object: Type.Literal("score"), score: Type.Number({ description: "From 0 to 1, or the logit" }), truncated: TRUNCATED }),
    { description: "In the order given" },
  ),
  usage: Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer(), completion_tokens: Type.Literal(0), prompt_tokens_details: Type.Null() }),
});

/** vLLM's scores of pairs: one query for many texts, or one for each. */
export const scoreDialect: Dialect = {
  name: "score",
  errorAnswer: supersetErrorAnswer,
  register(app, services) {
    const schema = {
      summary: "Score pairs of texts, as vLLM does",
      tags: ["rerank"],
      body: SCORE_REQUEST,
      response: { 200: SCORE_ANSWER, "4xx": SUPERSET_ERROR, "5xx": SUPERSET_ERROR },
    } as const;
    for (const path of ["/score", "/v1/score"]) {
      app.post(path, { schema }, async (request, reply) => reply.send(await answerScores(request.body, request, reply, services)));
    }
  },
};

/** The texts of one query, and where their scores belong. */
interface Group {
  readonly query: string;
  readonly texts: string[];
  readonly positions: number[];
}

/** @throws ServiceError. */
async function answerScores(body: ScoreBody, request: FastifyRequest, reply: FastifyReply, { models, limits }: AppServices): Promise<Static<typeof SCORE_ANSWER>> {
  const { queries, texts } = readSides(body);
  checkDocumentCount(texts.length, limits, "text_2");
  const groups = groupByQuery(queries, texts);
  checkPairTokens(groups, limits, "text_2");
  const instruction = agreedOn(["instruction", "instruct"], body.instruction, body.instruct);
  const maxTextTokens = maxTextTokensOf(body.max_tokens_per_doc, body.truncate_prompt_tokens);
  const rawScores = body.raw_scores === true || body.use_activation === false || body.activation === false;
  const model = wantedModel(body.model);
  const scored = await scoreGroups(groups, callerOf(request), ({ query, texts }, caller) => scoreTexts(models, { model, query, texts, instruction, maxTextTokens }, caller));
  tellScoring(reply, scored);
  const data: Static<typeof SCORE_ANSWER>["data"] = [];
  scored.forEach(({ judgments }, group) =>
    judgments.forEach((judgment, place) => {
      // One judgment for each text of the group, and `groups` is as long as `scored`.
      const index = groups[group]!.positions[place]!;
      data[index] = { index, object: "score", score: scoreOf(judgment, rawScores), ...(judgment.truncated && { truncated: true }) };
    }),
  );
  const tokens = scored.reduce((sum, { inputTokens }) => sum + inputTokens, 0);
  return {
    id: request.id,
    object: "list",
    created: Math.floor(Date.now() / 1000),
    model: scored[0]?.modelName ?? "",
    data,
    usage: { prompt_tokens: tokens, total_tokens: tokens, completion_tokens: 0, prompt_tokens_details: null },
  };
}

function readSides({ text_1, text_2, queries, documents }: ScoreBody): { queries: readonly string[]; texts: readonly string[] } {
  const [first, second] = [listOf(text_1 ?? queries), listOf(text_2 ?? documents)];
  if (first === undefined || second === undefined) throw new ServiceError("invalid", "body must have text_1 and text_2, or queries and documents", { param: first === undefined ? "text_1" : "text_2" });
  requireSome(first, "text_1");
  requireSome(second, "text_2");
  if (first.length !== 1 && first.length !== second.length) {
    throw new ServiceError("invalid", `text_1 has ${first.length} entries and text_2 ${second.length}: send one text_1, or as many as there are of text_2`, { param: "text_1" });
  }
  return { queries: first, texts: second };
}

function listOf(texts: Texts | undefined): readonly string[] | undefined {
  return typeof texts === "string" ? [texts] : (texts ?? undefined);
}

/** A query that comes back is asked once, with all of its texts. */
function groupByQuery(queries: readonly string[], texts: readonly string[]): Group[] {
  const groups = new Map<string, Group>();
  texts.forEach((text, position) => {
    const query = queries[queries.length === 1 ? 0 : position] ?? "";
    const group = groups.get(query) ?? { query, texts: [], positions: [] };
    group.texts.push(text);
    group.positions.push(position);
    groups.set(query, group);
  });
  return [...groups.values()];
}
