import { fastifySwagger, type FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { fastifySwaggerUi } from "@fastify/swagger-ui";
import type { ServerApp } from "../create-app.ts";
import { addRouteConfig } from "./route-config.ts";
import type { SecurityOptions } from "./security-options.ts";

/** All that Swagger UI asks for lies beside it. It sets styles from its script, and draws with images in its style sheet. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const TAGS = [
  { name: "rerank", description: "Order documents by their relevance for a query" },
  { name: "search", description: "Ask the index of this machine: both stages" },
  { name: "embeddings", description: "Turn texts into vectors" },
  { name: "models", description: "What is loaded, and what a request may name" },
  { name: "operation", description: "Health, metrics, and this document" },
];

/** Must come before the routes that it describes. */
export function addOpenApi(app: ServerApp, { version, security }: { readonly version: string; readonly security: SecurityOptions }): void {
  app.addHook("onRoute", (route) => {
    const isDocs = route.url === "/openapi.json" || route.url === "/docs" || route.url.startsWith("/docs/");
    if (isDocs) addRouteConfig(route, { open: true });
    if (route.config?.open === true) route.schema = { security: [], ...route.schema };
  });
  void app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "rerank",
        version,
        description: "Two-stage semantic search: recall by cosine, order by reranker. Existing clients of rerankers and embedders find the routes that they know.",
        license: { name: "MIT", identifier: "MIT" },
      },
      // As the document was reached: the server does not know its own public name.
      servers: [{ url: "/" }],
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "Authorization: Bearer <key>" },
          apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
        },
      },
      security: [{ bearer: [] }, { apiKey: [] }, ...(security.keyDigests.length === 0 ? [{}] : [])],
    },
    transformObject: (document) => ("openapiObject" in document ? completeOperations(document.openapiObject) : document.swaggerObject),
  });
  void app.register(fastifySwaggerUi, { routePrefix: "/docs", staticCSP: DOCS_POLICY, theme: { title: "rerank API" }, uiConfig: { layout: "BaseLayout", deepLinking: true } });
  void app.register(async (scope) => {
    scope.get("/openapi.json", { schema: { summary: "This document", tags: ["operation"] } }, async () => app.swagger());
  });
}

type OpenApiDocument = Extract<Parameters<NonNullable<FastifyDynamicSwaggerOptions["transformObject"]>>[0], { openapiObject: unknown }>["openapiObject"];

/** What generators of clients need of each operation, and no route has to say for itself: a name, and that it may fail. */
function completeOperations(document: OpenApiDocument): OpenApiDocument {
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of ["get", "post"] as const) {
      const operation = item?.[method];
      if (operation === undefined) continue;
      operation.operationId ??= nameOf(method, path);
      operation.responses = { "4XX": { description: "The request was refused; in the shape of the route's dialect" }, ...operation.responses };
    }
  }
  return document;
}

/** GET /v1/models/{id}: getV1ModelsId. */
function nameOf(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return method + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join("");
}
