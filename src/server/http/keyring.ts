import { timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { digestKey, type SecurityOptions } from "./security-options.ts";

const MAX_KEY_LENGTH = 4096;

type KeyedRequest = Pick<FastifyRequest, "headers" | "query">;

/** Whose key a request brings. */
export interface Keyring {
  readonly isEmpty: boolean;
  /** The key's place among those of the server, from "key-1": it tells nothing of the key. `undefined` without one that opens the server. */
  holderOf(request: KeyedRequest): string | undefined;
  /** Whether it brings any key, good or not. */
  bringsKey(request: KeyedRequest): boolean;
}

export function createKeyring({ keyDigests, queryToken }: Pick<SecurityOptions, "keyDigests" | "queryToken">): Keyring {
  return {
    isEmpty: keyDigests.length === 0,
    holderOf(request) {
      // A proxy may use Authorization for itself: one good key among those that came is enough.
      for (const key of keysOf(request, queryToken)) {
        if (key.length > MAX_KEY_LENGTH) continue;
        const digest = digestKey(key);
        // All are compared, so that the time does not tell which one it was.
        const [match] = keyDigests.map((known, position) => (timingSafeEqual(known, digest) ? position + 1 : 0)).filter((place) => place > 0);
        if (match !== undefined) return `key-${match}`;
      }
      return undefined;
    },
    bringsKey: (request) => keysOf(request, queryToken).length > 0,
  };
}

function keysOf({ headers, query }: KeyedRequest, queryToken: boolean): string[] {
  const bearer = /^bearer +(.+)$/i.exec(headers.authorization ?? "")?.[1]?.trim();
  const token = queryToken ? (query as { readonly access_token?: unknown } | null)?.access_token : undefined;
  return [bearer, headers["x-api-key"], headers["api-key"], token].filter((key) => typeof key === "string" && key !== "") as string[];
}
