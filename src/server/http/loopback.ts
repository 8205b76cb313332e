import { isIP } from "node:net";

/** Without brackets, port and the dot of a full name, in lower case: "[::1]:7372" is "::1", "LOCALHOST.:80" is "localhost". */
export function hostNameOf(host: string): string {
  const [, bracketed, plain = host] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return (bracketed ?? plain).toLowerCase().replace(/\.$/, "");
}

/** Whether a name or an address, without a port, is this machine's own: only its programs reach it. */
export function isLoopbackName(name: string): boolean {
  const bare = hostNameOf(isIP(name) === 6 ? `[${name}]` : name);
  if (bare === "localhost") return true;
  if (isIP(bare) === 4) return bare.startsWith("127.");
  // As it is written, and as browsers write it.
  return bare === "::1" || bare.startsWith("::ffff:127.") || /^::ffff:7f[\da-f]{2}:/.test(bare);
}
