import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { folderProblem, makePrivateFolder, ownSocketPath, publishSocket, removeSocket } from "../../src/inference/warm-socket.ts";
import { tempFolder } from "../support/temp-folder.ts";

const NOBODY = 65_534;
const IS_ROOT = process.geteuid?.() === 0;
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that listens at a name of its own. */
async function listen(socketPath: string): Promise<{ ownPath: string; server: Server }> {
  const ownPath = ownSocketPath(socketPath);
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(ownPath, resolve));
  return { ownPath, server };
}

async function publish(socketPath: string): Promise<{ identity: string | undefined; server: Server }> {
  const { ownPath, server } = await listen(socketPath);
  return { identity: await publishSocket(ownPath, socketPath), server };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

describe.skipIf(process.platform === "win32")("the folder of the socket", () => {
  test("is made for its user alone, whatever the umask", () => {
    const folder = join(tempFolder(), "run", "rerank");
    const before = process.umask(0);
    try {
      expect(makePrivateFolder(folder)).toBeUndefined();
    } finally {
      process.umask(before);
    }
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
    expect(makePrivateFolder(folder)).toBeUndefined();
  });

  test.each([0o750, 0o705, 0o711])("is refused where others may enter it: %o", (mode) => {
    const folder = join(tempFolder(), "rerank");
    mkdirSync(folder);
    chmodSync(folder, mode);
    expect(makePrivateFolder(folder)).toMatch(/open to other users: chmod 700 /);
  });

  test("is refused where it is a link, a file, or not there", () => {
    const base = tempFolder();
    mkdirSync(join(base, "real"), { mode: 0o700 });
    symlinkSync(join(base, "real"), join(base, "link"));
    writeFileSync(join(base, "file"), "");
    expect(makePrivateFolder(join(base, "link"))).toMatch(/is not a folder/);
    expect(makePrivateFolder(join(base, "file"))).toMatch(/cannot be made|is not a folder/);
    expect(makePrivateFolder(join(base, "file", "below"))).toMatch(/cannot be made/);
    expect(folderProblem(join(base, "none"))).toMatch(/is not there/);
  });

  test.skipIf(!IS_ROOT)("is refused where it is another user's", () => {
    const folder = join(tempFolder(), "rerank");
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, NOBODY, NOBODY);
    expect(makePrivateFolder(folder)).toMatch(/belongs to another user/);
  });
});

describe.skipIf(process.platform === "win32")("the name of the socket", () => {
  test("is its user's alone, and nothing else is left beside it", async () => {
    const folder = tempFolder();
    const path = join(folder, "serve.sock");
    expect((await publish(path)).identity).toEqual(expect.any(String));
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["serve.sock"]);
  });

  test("of a server that lives stays", async () => {
    const path = join(tempFolder(), "serve.sock");
    const first = await publish(path);
    expect((await publish(path)).identity).toBeUndefined();
    // The second one ends: its end takes nothing away.
    await close(servers.at(-1) as Server);
    removeSocket(path, first.identity ?? "");
    expect(existsSync(path)).toBe(false);
  });

  test("of a server that has died is taken over", async () => {
    const folder = tempFolder();
    const path = join(folder, "serve.sock");
    const dead = await publish(path);
    // Its file stays, as after kill -9: what listened there is gone.
    await close(dead.server);
    expect(existsSync(path)).toBe(true);
    const next = await publish(path);
    expect(next.identity).toEqual(expect.any(String));
    expect(next.identity).not.toBe(dead.identity);
    expect(readdirSync(folder)).toEqual(["serve.sock"]);
    removeSocket(path, dead.identity ?? "");
    expect(existsSync(path)).toBe(true);
  });

  test("goes to one of many servers that start at once beside a dead one", async () => {
    const folder = tempFolder();
    const path = join(folder, "serve.sock");
    for (let round = 0; round < 10; round++) {
      const dead = await publish(path);
      await close(dead.server);
      const started = await Promise.all(Array.from({ length: 8 }, () => listen(path)));
      const identities = await Promise.all(started.map(({ ownPath }) => publishSocket(ownPath, path)));
      expect(identities.filter((identity) => identity !== undefined)).toHaveLength(1);
      for (const { server } of started) await close(server);
      expect(readdirSync(folder)).toEqual(["serve.sock"]);
    }
  });

  test("is not taken from a file that is no socket", async () => {
    const path = join(tempFolder(), "serve.sock");
    writeFileSync(path, "mine");
    const { ownPath } = await listen(path);
    await expect(publishSocket(ownPath, path)).rejects.toThrow(/is not a socket/);
  });
});
