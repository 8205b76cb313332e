import { randomUUID } from "node:crypto";
import { copyFile, link, mkdir, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, relative } from "node:path";

/** Ways to give a blob its name in a snapshot, in order: a file system may lack the first two. */
export type LinkBlob = (blobPath: string, pointerPath: string) => Promise<void>;

const LINKS: readonly LinkBlob[] = [
  // Relative, as huggingface_hub writes them: the cache can be moved and mounted elsewhere.
  (blobPath, pointerPath) => symlink(relative(dirname(pointerPath), blobPath), pointerPath, "file"),
  (blobPath, pointerPath) => link(blobPath, pointerPath),
  (blobPath, pointerPath) => copyFile(blobPath, pointerPath),
];

/** Gives a blob its file name in a snapshot. What bore the name before stays until the moment of the exchange. */
export async function linkIntoSnapshot(blobPath: string, pointerPath: string, links: readonly LinkBlob[] = LINKS): Promise<void> {
  if (await isSameFile(blobPath, pointerPath)) return;
  await mkdir(dirname(pointerPath), { recursive: true });
  const aside = `${pointerPath}.${randomUUID()}.new`;
  let refusal: unknown;
  for (const make of links) {
    try {
      await make(blobPath, aside);
      await rename(aside, pointerPath);
      return;
    } catch (error) {
      await rm(aside, { force: true });
      refusal = error;
    }
  }
  throw refusal;
}

async function isSameFile(blobPath: string, pointerPath: string): Promise<boolean> {
  try {
    const [blob, pointer] = await Promise.all([stat(blobPath, { bigint: true }), stat(pointerPath, { bigint: true })]);
    return blob.ino !== 0n && blob.ino === pointer.ino && blob.dev === pointer.dev;
  } catch {
    // No pointer yet, or one that leads nowhere.
    return false;
  }
}
