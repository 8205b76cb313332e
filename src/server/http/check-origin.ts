import type { IncomingHttpHeaders } from "node:http";
import { UserError } from "../../domain/errors.ts";
import { ServiceError } from "../service-error.ts";

/** Which pages' requests are answered. */
export interface OriginCheck {
  /** Whether pages of this origin were allowed by the server's owner. */
  isAllowed(origin: string | undefined): boolean;
  /**
   * @param isShown whether the route is for people to look at, so that other pages may link to it.
   * @throws ServiceError `forbidden` for a browser's request on behalf of another page.
   */
  check(headers: IncomingHttpHeaders, route: { readonly isShown: boolean }): void;
}

/** @throws UserError for an allowed origin that is none. */
export function createOriginCheck(allowedOrigins: readonly string[]): OriginCheck {
  const allowed = new Set(allowedOrigins.map(parseOrigin));
  // "null" is the origin of sandboxed frames and local files, which anyone can make: it is never meant.
  const isAllowed = (origin: string | undefined): boolean => origin !== undefined && origin !== "null" && (allowed.has("*") || allowed.has(origin.toLowerCase()));
  return {
    isAllowed,
    check(headers, { isShown }) {
      const { origin, host } = headers;
      if (origin === undefined) {
        // Images, scripts and frames of other pages are asked for without an Origin; nobody reads the answer, but the work would be
        // done. Another port of this machine is another page, though of the same site.
        const { "sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest } = headers;
        if (site !== "cross-site" && site !== "same-site") return;
        if (isShown && mode === "navigate" && dest === "document") return;
      } else if (isAllowed(origin) || isSameHost(origin, host)) return;
      throw new ServiceError("forbidden", "requests of other web pages are not answered; --allow-origin adds one");
    },
  };
}

/** The scheme is not compared: behind a proxy that speaks TLS the server does not know its own. */
function isSameHost(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  const own = `${protocol}//${host}`;
  return originHost !== "" && URL.canParse(own) && new URL(own).host === originHost;
}

function parseOrigin(text: string): string {
  if (text === "*") return text;
  const origin = URL.canParse(text) ? new URL(text).origin : "null";
  const isWhole = origin === text.toLowerCase().replace(/\/$/, "");
  if (origin !== "null" && isWhole) return origin;
  throw new UserError(`"${text}" is no origin of a web page`, { hint: "write scheme, host and port alone, as in https://app.example.org" });
}
