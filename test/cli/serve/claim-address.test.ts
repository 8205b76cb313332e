import { createServer, type AddressInfo } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { checkAddress, listenedUrls } from "../../../src/cli/serve/claim-address.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test("a port that another program has is told with what to do", async () => {
  const port = await takenPort();
  const { message, hint } = await userRejectionOf(checkAddress({ host: "127.0.0.1", port }));
  expect(message).toBe(`port ${port} of 127.0.0.1 is in use`);
  expect(hint).toContain("--port 0");
});

test("an address of another machine is told, and one that is free can be had again at once", async () => {
  const { message } = await userRejectionOf(checkAddress({ host: "192.0.2.1", port: 0 }));
  expect(message).toContain("192.0.2.1 is no address of this machine");
  const port = await takenPort();
  await checkAddress({ host: "127.0.0.2", port });
  await checkAddress({ host: "127.0.0.2", port });
});

const card = (address: string, family: "IPv4" | "IPv6", scopeid = 0): NetworkInterfaceInfo =>
  ({ address, family, scopeid, netmask: "", mac: "", internal: false, cidr: null }) as NetworkInterfaceInfo;
const INTERFACES = { lo: [card("127.0.0.1", "IPv4"), card("::1", "IPv6")], eth0: [card("192.0.2.7", "IPv4"), card("2001:db8::7", "IPv6"), card("fe80::7", "IPv6", 2)] };

test.each([
  ["0.0.0.0", ["http://127.0.0.1:80", "http://192.0.2.7:80"]],
  ["::", ["http://127.0.0.1:80", "http://[::1]:80", "http://192.0.2.7:80", "http://[2001:db8::7]:80"]],
  ["127.0.0.1", ["http://127.0.0.1:80"]],
  ["::1", ["http://[::1]:80"]],
])("who listens on %s can be reached at %j", (address, urls) => {
  expect(listenedUrls([{ address, family: "", port: 80 }], INTERFACES)).toEqual(urls);
});
