import { timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { digestKey, type SecurityOptions } from "./security-options.ts";

const MAX_KEY_LENGTH = 4096;

/** Whose key a request brings. */
export interface Keyring {
  readonly isEmpty: boolean;
  /** A name for the holder of the key, which tells nothing of the key; `undefined` without a key that opens the server. */
  holderOf(request: Pick<FastifyRequest, "headers" | "query">): string | undefined;
}

export function createKeyring({ keyDigests, queryToken }: Pick<SecurityOptions, "keyDigests" | "queryToken">): Keyring {
  return {
    isEmpty: keyDigests.length === 0,
    holderOf(request) {
      // A proxy may use Authorization for itself: one good key among those that came is enough.
      for (const key of keysOf(request, queryToken)) {
        const digest = digestKey(key);
        // All are compared, so that the time does not tell which one it was.
        const matches = keyDigests.filter((known) => timingSafeEqual(known, digest));
        if (matches.length > 0) return `key-${Buffer.from(digest).toString("hex", 0, 5)}`;
      }
      return undefined;
    },
  };
}

function keysOf({ headers, query }: Pick<FastifyRequest, "headers" | "query">, queryToken: boolean): string[] {
  const bearer = /^bearer +(.+)$/i.exec(headers.authorization ?? "")?.[1]?.trim();
  const token = queryToken ? (query as { readonly access_token?: unknown } | null)?.access_token : undefined;
  return [bearer, headers["x-api-key"], headers["api-key"], token].filter((key) => typeof key === "string" && key !== "" && key.length <= MAX_KEY_LENGTH) as string[];
}
