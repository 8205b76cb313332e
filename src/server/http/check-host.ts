import { isIP } from "node:net";
import { ServiceError } from "../service-error.ts";
import { hostNameOf, isLoopbackName } from "./loopback.ts";
import type { SecurityOptions } from "./security-options.ts";

/**
 * Refuses names that are not the server's. A web page whose name suddenly points to this machine (DNS rebinding) is of
 * this server's origin for the browser, so its requests are told only by the name that they are sent to.
 *
 * @returns a check of the Host header, which throws ServiceError `forbidden`.
 */
export function createHostCheck({ keyDigests, allowedHosts, host }: Pick<SecurityOptions, "keyDigests" | "allowedHosts" | "host">): (header: string | undefined) => void {
  const listened = isIP(host) === 6 ? host.toLowerCase() : hostNameOf(host);
  const isLocal = isLoopbackName(listened);
  const allowed = new Set([listened, ...allowedHosts.map((name) => hostNameOf(isIP(name) === 6 ? `[${name}]` : name))]);
  // A key is what such a page does not have. Which names lead to a public address, only its owner knows.
  const takesAny = !isLocal && keyDigests.length > 0 && allowedHosts.length === 0;
  return (header) => {
    if (takesAny) return;
    const name = hostNameOf(header ?? "");
    if (isLoopbackName(name) || allowed.has(name)) return;
    // An address cannot be made to point elsewhere. On a loopback address no other one is right, and what comes with one has been forwarded.
    if (!isLocal && allowedHosts.length === 0 && isIP(name) !== 0) return;
    throw new ServiceError("forbidden", "the server does not answer to this host name; --allow-host adds one");
  };
}
