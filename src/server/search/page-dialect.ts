import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ServerApp } from "../create-app.ts";
import type { Dialect } from "../dialect.ts";
import { supersetErrorAnswer } from "../dialects/superset-errors.ts";
import { ServiceError } from "../service-error.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Only what the server itself sends may run, be drawn or be asked; and no text can become markup, whatever a document says. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

interface PageFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
}

/**
 * GET /ui: a page that searches the server's index.
 *
 * @param folder of index.html and what it loads, as `npm run build` writes it. What is added to it later is not served.
 */
export function createPageDialect(folder: string): Dialect {
  const files = readPage(folder);
  return {
    name: "page",
    errorAnswer: supersetErrorAnswer,
    register(app: ServerApp) {
      const route = { schema: { hide: true }, config: { open: true } };
      app.get("/ui", route, (request, reply) => send(files.get("index.html"), request, reply));
      // The page's own addresses are relative to /ui.
      app.get("/ui/", route, (_request, reply) => reply.redirect("../ui", 308));
      app.get<{ Params: { file: string } }>("/ui/:file", route, (request, reply) => send(files.get(request.params.file), request, reply));
    },
  };
}

function readPage(folder: string): ReadonlyMap<string, PageFile> {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(
    names.flatMap((name) => {
      const type = TYPES[extname(name)];
      if (type === undefined) return [];
      const bytes = readFileSync(join(folder, name));
      return [[name, { bytes, type, etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` }] as const];
    }),
  );
}

function send(file: PageFile | undefined, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (file === undefined) throw new ServiceError("not-found", "the page has no such file");
  void reply.headers({
    etag: file.etag,
    // Asked again each time, and answered with 304: a newer version of the program shows its newer page.
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  });
  const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if (known?.includes(file.etag) === true) return reply.status(304).send();
  return reply.type(file.type).send(file.bytes);
}
