import { isIP } from "node:net";
import { UserError } from "../../domain/errors.ts";

/**
 * Where requests go. An address without a path of its own, or with one that ends in "/", gets the dialect's; one that ends in a version
 * ("/v1") gets what comes after the version; any other is taken as it is.
 *
 * @param path the dialect's, such as "/v1/rerank".
 * @throws UserError for what is no http or https address, and for one with a user name or a password: those would be shown.
 */
export function requestAddress(address: string, path: string): string {
  const url = parse(address);
  if (url.pathname.endsWith("/")) url.pathname = url.pathname.slice(0, -1) + path;
  else if (/\/v\d+$/.test(url.pathname)) url.pathname += path.replace(/^.*?\/v\d+(?=\/)/, "");
  url.hash = "";
  return url.href;
}

/** What messages show of an address: host and path, no user, password or query. */
export function shownAddress(address: string): string {
  const { host, pathname } = new URL(address);
  return host + (pathname === "/" ? "" : pathname);
}

/**
 * Keys and texts go in the clear to this machine and to private networks only.
 *
 * @throws UserError for plain http to anywhere else.
 */
export function requirePrivacy({ url, allowPlainHttp }: { readonly url: string; readonly allowPlainHttp: boolean }): void {
  const { protocol, hostname, host } = parse(url);
  if (protocol === "https:" || allowPlainHttp || isPrivate(hostname)) return;
  throw new UserError(`${host} would be asked without TLS: the key and all texts could be read on the way`, {
    hint: "write https://, or allow it with --plain-http",
  });
}

function parse(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw new UserError("the address of a remote model is no http or https address", { hint: "write it like https://host/path or http://127.0.0.1:8080" });
  }
  if (url.username !== "" || url.password !== "") {
    throw new UserError(`the address of ${url.host} holds a user name or a password, and addresses are shown`, {
      hint: "leave them out; a key goes in an environment variable or a key file",
    });
  }
  return url;
}

/** Loopback, private and link-local ranges, names that only a local network resolves. */
function isPrivate(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "").toLowerCase();
  // Also in its form as IPv6, which URL writes in hexadecimal: ::ffff:7f00:1.
  const mapped = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(name);
  if (mapped?.[1] !== undefined && mapped[2] !== undefined) {
    const [high, low] = [Number.parseInt(mapped[1], 16), Number.parseInt(mapped[2], 16)];
    return isPrivateIpv4([high >> 8, high & 255, low >> 8, low & 255].join("."));
  }
  if (isIP(name) === 4) return isPrivateIpv4(name);
  if (isIP(name) === 6) return name === "::1" || /^f[cd]/.test(name) || /^fe[89ab]/.test(name);
  return !name.includes(".") || name.endsWith(".local") || name.endsWith(".localhost");
}

function isPrivateIpv4(address: string): boolean {
  const [first = 0, second = 0] = address.split(".").map(Number);
  return first === 127 || first === 10 || (first === 172 && second >= 16 && second <= 31) || (first === 192 && second === 168) || (first === 169 && second === 254);
}
