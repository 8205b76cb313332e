import type { FastifyRequest } from "fastify";
import type { ServerApp } from "../create-app.ts";
import { ServiceError } from "../service-error.ts";

/** Only JSON in UTF-8 is read, as it is: a web page may send text/plain to any server without asking, and packed bodies can be bombs. */
export function prepareBodies(app: ServerApp): void {
  app.removeContentTypeParser(["text/plain", "application/json"]);
  // Names that would reach the prototypes of objects are refused, not read.
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const text = decodeUtf8(request, body);
    if (text instanceof ServiceError) return done(text);
    // Typed as if it gave a promise too: it calls back, and does nothing else.
    void parse(request, text, (error, value) => done(error === null ? null : (prototypeError(text) ?? error), value));
  });
  app.addHook("preParsing", async ({ headers: { "content-encoding": encoding = "identity" } }) => {
    if (encoding.toLowerCase() === "identity") return;
    throw new ServiceError("invalid", "the server reads no compressed bodies: send it without Content-Encoding", { status: 415 });
  });
}

/** Bytes of another encoding would become replacement characters, whose relevance is the relevance of nothing. */
function decodeUtf8(request: FastifyRequest, body: Buffer): string | ServiceError {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers["content-type"] ?? "")?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) {
    return new ServiceError("invalid", "the server reads UTF-8: send the body in it, and no other charset", { status: 415 });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    return new ServiceError("invalid", "the body is not UTF-8", { cause });
  }
}

/** JSON that is well written, and names what no request may. */
function prototypeError(text: string): ServiceError | undefined {
  try {
    JSON.parse(text);
  } catch {
    // Not JSON: fastify's own error says so.
    return undefined;
  }
  return text.trim() === "" ? undefined : new ServiceError("invalid", 'no object of a request may have a member "__proto__" or "constructor.prototype"');
}
