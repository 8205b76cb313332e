import { createHash } from "node:crypto";

/** Whom the server answers. */
export interface SecurityOptions {
  /** SHA-256 of each key that opens the server: see `digestKey`. None: whoever reaches it is answered. */
  readonly keyDigests: readonly Uint8Array[];
  /** Takes a key from `?access_token=` too. */
  readonly queryToken: boolean;
  /** Names by which the server may be called beside its own, without ports. */
  readonly allowedHosts: readonly string[];
  /** Origins of web pages that may call the server, as browsers write them ("https://app.example.org"); "*" is every one. */
  readonly allowedOrigins: readonly string[];
  /** Requests a minute of each key, or of each address where there are no keys. */
  readonly rateLimit?: number | undefined;
  /** Answers /metrics without a key. */
  readonly openMetrics: boolean;
  /** The address or name that is listened on. */
  readonly host: string;
}

/** For a server that only this machine reaches. */
export const LOCAL_SECURITY: SecurityOptions = {
  keyDigests: [],
  queryToken: false,
  allowedHosts: [],
  allowedOrigins: [],
  openMetrics: false,
  host: "127.0.0.1",
};

/** What the server keeps of a key: digests have one length, so that comparing them tells nothing of the key. */
export function digestKey(key: string): Uint8Array {
  return createHash("sha256").update(key, "utf8").digest();
}
