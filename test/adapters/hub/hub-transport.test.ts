import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHubTransport, type HubProxies } from "../../../src/adapters/hub/hub-transport.ts";
import { UserError } from "../../../src/domain/errors.ts";

let proxy: Server;
let target: Server;
let asked: string[];

beforeEach(async () => {
  asked = [];
  target = createServer((_request, response) => response.end("hello"));
  proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    response.end("through the proxy");
  });
  proxy.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    const [host = "", port] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
  });
  await Promise.all([proxy, target].map((server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))));
});

afterEach(() => {
  for (const server of [proxy, target]) {
    server.close();
    server.closeAllConnections();
  }
});

const port = (server: Server): number => (server.address() as AddressInfo).port;

async function get(proxies: HubProxies | undefined): Promise<string> {
  const transport = await openHubTransport(proxies, 5_000);
  try {
    return await (await transport.fetch(`http://127.0.0.1:${port(target)}/x`, { redirect: "manual" })).text();
  } finally {
    await transport.close();
  }
}

test("goes through the proxy, with its password", async () => {
  await get({ http: `http://me:word@127.0.0.1:${port(proxy)}`, https: undefined, noProxy: [] });
  expect(asked).toHaveLength(1);
  expect(asked[0]).toContain(`127.0.0.1:${port(target)}`);
  expect(asked[0]).toContain(`Basic ${Buffer.from("me:word").toString("base64")}`);
});

test("reaches the hosts of no_proxy directly", async () => {
  expect(await get({ http: `http://127.0.0.1:${port(proxy)}`, https: undefined, noProxy: ["127.0.0.1"] })).toBe("hello");
  expect(asked).toEqual([]);
});

test("does not look into the environment by itself", async () => {
  const before = process.env["http_proxy"];
  process.env["http_proxy"] = `http://127.0.0.1:${port(proxy)}`;
  try {
    expect(await get(undefined)).toBe("hello");
  } finally {
    if (before === undefined) delete process.env["http_proxy"];
    else process.env["http_proxy"] = before;
  }
  expect(asked).toEqual([]);
});

test("an address that is none is an error without the password", async () => {
  const error: unknown = await openHubTransport({ http: "http://me:word@:bad:", https: undefined, noProxy: [] }, 5_000).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).not.toContain("word");
});
