import { UserError } from "../../domain/errors.ts";

export type HubFetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HubProxies {
  /** Addresses with scheme and port; they may hold a password. */
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts that are reached directly: names, suffixes (".example.org"), or "*" for all. */
  readonly noProxy: readonly string[];
}

export interface HubTransport {
  readonly fetch: HubFetch;
  /** Ends the connections that wait to be used again. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 20_000;

/**
 * Requests by way of the proxies. Node 20's own fetch knows no proxy, and its library cannot be configured from outside.
 *
 * @param idleTimeoutMs how long a server may stay silent before its connection counts as cut.
 */
export async function openHubTransport(proxies: HubProxies | undefined, idleTimeoutMs: number): Promise<HubTransport> {
  // Only a download needs it: 40 ms that a search must not pay.
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const agent = openAgent();
  return {
    // The library's types and Node's describe the same objects, under different names.
    fetch: (url, init) => fetch(url, { ...init, dispatcher: agent } as Parameters<typeof fetch>[1]) as unknown as Promise<Response>,
    close: () => agent.close(),
  };

  function openAgent(): InstanceType<typeof EnvHttpProxyAgent> {
    try {
      return new EnvHttpProxyAgent({
        // Absent values would be looked up in the environment, which is the configuration's to read: empty ones are not.
        httpProxy: proxies?.http ?? "",
        httpsProxy: proxies?.https ?? "",
        noProxy: proxies?.noProxy.join(",") ?? "",
        connect: { timeout: CONNECT_TIMEOUT_MS },
        headersTimeout: idleTimeoutMs,
        bodyTimeout: idleTimeoutMs,
      });
    } catch (cause) {
      // The address is not repeated: it may hold a password.
      throw new UserError("the proxy's address cannot be used", { hint: "write http_proxy and https_proxy as http://host:port", cause });
    }
  }
}
