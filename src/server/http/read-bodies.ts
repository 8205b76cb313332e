import type { ServerApp } from "../create-app.ts";
import { ServiceError } from "../service-error.ts";

/** Only JSON is read, as it is: a web page may send text/plain to any server without asking, and packed bodies can be bombs. */
export function prepareBodies(app: ServerApp): void {
  app.removeContentTypeParser("text/plain");
  app.addHook("preParsing", async ({ headers: { "content-encoding": encoding = "identity" } }) => {
    if (encoding.toLowerCase() === "identity") return;
    throw new ServiceError("invalid", "the server reads no compressed bodies: send it without Content-Encoding", { status: 415 });
  });
}
