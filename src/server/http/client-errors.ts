import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { supersetErrorAnswer } from "../dialects/superset-errors.ts";
import { ServiceError } from "../service-error.ts";

type ClientError = Error & { readonly code?: string };

const MESSAGES: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "the headers of the request are larger than the server takes"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "the request is larger than the server takes"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "the request did not arrive in time"],
};

/** Answers what is no HTTP request, or comes too slowly: no route has seen it. */
export function answerClientError(error: ClientError, socket: Socket, log: FastifyBaseLogger): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const [status, message] = MESSAGES[error.code ?? ""] ?? [400, "the request is not HTTP as the server reads it"];
  log.info({ status, error: "invalid", code: error.code }, `malformed request ${status}`);
  // As Node itself does: an answer that is under way cannot be taken back, and a second one would be read as its end.
  const { _httpMessage: answer } = socket as Socket & { readonly _httpMessage?: { readonly headersSent: boolean } | null };
  if (!socket.writable || answer?.headersSent) {
    socket.destroy(error);
    return;
  }
  const { body } = supersetErrorAnswer(new ServiceError("invalid", message, { status }), { id: randomUUID() });
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(text)}`,
      "Connection: close",
      "",
      text,
    ].join("\r\n"),
    () => socket.destroySoon(),
  );
}
