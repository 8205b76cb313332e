import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, lstatSync, mkdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Another server dies, or is started, while this one looks: rarely more than once. */
const MAX_TRIES = 5;
/** Servers that start at once find and remove the same dead name within microseconds. */
const SETTLE_MS = 50;

/** Why a folder must not be trusted to hold a socket of this user's; `undefined` when it may be. */
export function folderProblem(folder: string): string | undefined {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return `${folder} is not there`;
  // A link, too: whoever made it decides where it leads.
  if (!stat.isDirectory()) return `${folder} is not a folder`;
  if (stat.uid !== process.getuid?.()) return `${folder} belongs to another user`;
  if ((stat.mode & 0o077) !== 0) return `${folder} is open to other users: chmod 700 ${folder}`;
  return undefined;
}

/** Makes the folder for this user alone, where there is none. @returns as `folderProblem`. */
export function makePrivateFolder(folder: string): string | undefined {
  try {
    mkdirSync(folder, { mode: 0o700, recursive: true });
  } catch (error) {
    return `${folder} cannot be made: ${(error as Error).message}`;
  }
  return folderProblem(folder);
}

/** A name beside the socket's, for this process alone: a server listens there before the socket gets the name that clients know. */
export function ownSocketPath(socketPath: string): string {
  return join(dirname(socketPath), `.${process.pid}-${randomBytes(3).toString("hex")}.sock`);
}

/**
 * Gives a socket that is listened to the name that clients know. A name whose server has died is taken; that of a living one stays, also
 * where several servers start at once: a link is made only where no file is, so that the name never leads to a socket that nobody has ever listened to.
 *
 * @returns the file's identity, for `removeSocket`, or `undefined` where another server lives.
 * @throws Error when something else lies there, or the file system refuses.
 */
export async function publishSocket(ownPath: string, socketPath: string): Promise<string | undefined> {
  chmodSync(ownPath, 0o600);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    try {
      linkSync(ownPath, socketPath);
      const identity = socketIdentity(ownPath);
      unlinkSync(ownPath);
      await delay(SETTLE_MS);
      return socketIdentity(socketPath) === identity ? identity : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (lstatSync(socketPath, { throwIfNoEntry: false })?.isSocket() === false) throw new Error(`${socketPath} is not a socket`);
    const found = socketIdentity(socketPath);
    if (await isListenedTo(socketPath)) return undefined;
    if (found !== undefined) removeDead(socketPath, found);
  }
  throw new Error(`${socketPath} changes all the time`);
}

/** Removes a socket's name, unless another server has taken it meanwhile. */
export function removeSocket(socketPath: string, identity: string): void {
  if (socketIdentity(socketPath) === identity) rmSync(socketPath, { force: true });
}

/** @returns `undefined` where there is no file. The time of creation tells sockets apart that got the same number one after the other. */
function socketIdentity(socketPath: string): string | undefined {
  const stat = lstatSync(socketPath, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev} ${stat.ino} ${stat.mtimeNs}`;
}

/** Two servers may find the same dead socket. The slower one would remove the name that the faster one has just taken: it looks at what it got. */
function removeDead(socketPath: string, dead: string): void {
  const aside = `${ownSocketPath(socketPath)}-dead`;
  try {
    renameSync(socketPath, aside);
    if (socketIdentity(aside) !== dead) linkSync(aside, socketPath);
  } catch (error) {
    // ENOENT: the other one was faster. EEXIST: a third one has taken the name; the one that lost it sees that when it settles.
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isListenedTo(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // EAGAIN: so many wait for it that there is no room for another one.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}
