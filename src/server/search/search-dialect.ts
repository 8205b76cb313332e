import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifySchemaValidationError } from "fastify/types/schema.js";
import { Type } from "typebox";
import { printableJson } from "../../reporters/printable.ts";
import type { AppServices, ServerApp } from "../create-app.ts";
import type { Dialect } from "../dialect.ts";
import { supersetErrorAnswer } from "../dialects/superset-errors.ts";
import { callerOf } from "../http/caller.ts";
import { noteFailure } from "../http/send-error.ts";
import { tellWork } from "../http/tell-work.ts";
import { ServiceError } from "../service-error.ts";
import { bodyOfAddress } from "./search-address.ts";
import { SEARCH_BODY, searchRequestOf, type SearchBody } from "./search-body.ts";
import type { SearchService } from "./search-service.ts";
import { servedRecord } from "./served-record.ts";
import { streamSearch } from "./stream-search.ts";

const TAGS = ["search"];
const ANSWER = {
  200: Type.Object(
    {},
    {
      additionalProperties: true,
      description: "As `rerank search --json`: docs/search-result.schema.json; absolutePath is always null. X-Reranked: false says that the reranker had no part in the order. With events: recalled, judged, rerank-failed, result or error.",
    },
  ),
};
const INDEX = { 200: Type.Object({}, { additionalProperties: true, description: "Counts, models, defaults of a search and the most candidates that one may have." }) };

/** Our own index over HTTP: both stages, as one answer or as server-sent events. */
export const searchDialect: Dialect = {
  name: "search",
  errorAnswer: supersetErrorAnswer,
  register(app: ServerApp, services: AppServices) {
    app.setSchemaErrorFormatter(([first]) => invalid(first));
    const answer = (body: SearchBody, request: FastifyRequest, reply: FastifyReply) => answerSearch(serviceOf(services), body, request, reply);

    app.post("/v1/search", { schema: { tags: TAGS, summary: "Search the index", body: SEARCH_BODY, response: ANSWER } }, (request, reply) =>
      answer(request.body, request, reply),
    );

    app.get("/v1/search", { exposeHeadRoute: false, schema: { tags: TAGS, summary: "Search the index, from an address bar", response: ANSWER } }, (request, reply) => {
      const body = bodyOfAddress(request.query as Record<string, string | string[]>);
      const validate = request.compileValidationSchema(SEARCH_BODY) as ((value: unknown) => boolean) & { readonly errors?: readonly SchemaError[] | null };
      if (!validate(body)) throw invalid(validate.errors?.[0]);
      return answer(body as SearchBody, request, reply);
    });

    app.get("/v1/index", { schema: { tags: TAGS, summary: "What is searched, and with what", response: INDEX } }, () =>
      serviceOf(services).describe(),
    );
  },
};

function serviceOf({ search }: AppServices): SearchService {
  if (search === undefined) throw new ServiceError("not-found", "this server has no search");
  return search;
}

async function answerSearch(service: SearchService, body: SearchBody, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const wanted = searchRequestOf(body);
  const caller = callerOf(request);
  if (!(body.stream ?? wantsEvents(request))) {
    const { result, baseFolder, work } = await service.search(wanted, caller);
    tellWork(reply, work);
    void reply.header("x-reranked", String(result.reranked));
    return reply.type("application/json; charset=utf-8").send(`${printableJson(JSON.stringify(servedRecord(result, baseFolder), null, 2))}\n`);
  }
  const readable = await streamSearch(service, wanted, caller, {
    describeError: (thrown) => supersetErrorAnswer(noteFailure(request, thrown), request).body,
    onDone: ({ work }) => tellWork(reply, work),
  });
  // nginx would keep events back until there are some kilobytes of them.
  void reply.headers({ "cache-control": "no-store", "x-accel-buffering": "no" });
  return reply.type("text/event-stream; charset=utf-8").send(readable);
}

function wantsEvents({ headers: { accept = "" } }: FastifyRequest): boolean {
  return accept.split(",").some((type) => type.trim().toLowerCase().startsWith("text/event-stream"));
}

type SchemaError = Pick<FastifySchemaValidationError, "instancePath" | "keyword" | "params" | "message">;

/** Names the member: with "must NOT have additional properties" alone, nobody finds a misspelling. */
function invalid(error: SchemaError | undefined): ServiceError {
  const path = error?.instancePath.slice(1).replaceAll(/\/(\d+)/g, "[$1]") ?? "";
  const { additionalProperty, missingProperty } = error?.params ?? {};
  if (typeof additionalProperty === "string") return new ServiceError("invalid", "a search knows no such option", { param: additionalProperty.slice(0, 40) });
  if (typeof missingProperty === "string") return new ServiceError("invalid", `${missingProperty} is missing`, { param: missingProperty });
  return new ServiceError("invalid", [path, error?.message ?? "is not valid"].filter((part) => part !== "").join(" "), { ...(path !== "" && { param: path }) });
}
