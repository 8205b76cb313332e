import { createServer, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import type { Settings } from "../../config/settings-table.ts";
import { UserError } from "../../domain/errors.ts";

type Address = Pick<Settings, "host" | "port">;

/**
 * Whether the server will be able to listen there, asked before minutes go into its models. Another program may still take the port
 * meanwhile: listening itself fails with the same error then.
 *
 * Rejects with UserError where the address cannot be had.
 */
export async function checkAddress({ host, port }: Address): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject);
      probe.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (cause) {
    throw addressError(cause, { host, port });
  }
  await new Promise((resolve) => probe.close(resolve));
}

/** What an error of listening means to the user; an error of another kind comes back as it is. */
export function addressError(cause: unknown, { host, port }: Address): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return new UserError(`port ${port} of ${host} is in use`, { hint: "stop the other server, or choose a port: --port 0 takes a free one", cause });
  if (code === "EACCES") return new UserError(`port ${port} may not be listened on`, { hint: "ports below 1024 are the administrator's: choose another one with --port", cause });
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EINVAL") {
    return new UserError(`${host} is no address of this machine: ${message}`, { hint: "listen on 127.0.0.1, ::1 or 0.0.0.0: --host", cause });
  }
  return cause;
}

/**
 * Every address at which a server can be reached: 0.0.0.0 and :: stand for all that this machine has. Those of a single link are left
 * out, as they mean nothing without the name of the link.
 */
export function listenedUrls(bound: readonly (AddressInfo | string)[], interfaces = networkInterfaces()): string[] {
  const own = Object.values(interfaces).flatMap((each) => each ?? []);
  const urls = bound.flatMap((each) => {
    // A path is a socket's, which this server does not listen on.
    if (typeof each === "string") return [];
    const { address, port } = each;
    const isAll = address === "0.0.0.0" || address === "::";
    // Linux has both families answer at ::.
    const addresses = isAll ? own.filter(({ family, scopeid }) => (address === "::" || family === "IPv4") && !scopeid).map((each) => each.address) : [address];
    return addresses.map((host) => `http://${host.includes(":") ? `[${host}]` : host}:${port}`);
  });
  return [...new Set(urls)];
}
