import { isIP } from "node:net";

/** Without brackets, port and the dot of a full name, in lower case: "[::1]:7372" is "::1", "LOCALHOST.:80" is "localhost". */
export function hostNameOf(host: string): string {
  const [, bracketed, plain = host] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return (bracketed ?? plain).toLowerCase().replace(/\.$/, "");
}

/**
 * Whether a name or an address, without a port, is this machine's own: only its programs reach it. Names below localhost are
 * (RFC 6761): no public name server has them.
 */
export function isLoopbackName(name: string): boolean {
  const bare = hostNameOf(isIP(name) === 6 ? `[${name}]` : name);
  switch (isIP(bare)) {
    case 4:
      return bare.startsWith("127.");
    case 6:
      return /^\[::(?:1|ffff:7f[\da-f]{2}:[\da-f]{1,4})\]$/.test(shortest(bare));
    default:
      return bare === "localhost" || /^(?:[\w-]+\.)+localhost$/.test(bare);
  }
}

/** "0:0:0:0:0:0:0:1" is "[::1]", "::ffff:127.0.0.1" is "[::ffff:7f00:1]". */
function shortest(address: string): string {
  const url = `http://[${address}]`;
  // One with a zone is no host of a URL.
  return URL.canParse(url) ? new URL(url).hostname : "";
}
