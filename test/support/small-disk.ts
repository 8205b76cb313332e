import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Gives a folder on a file system of its own of so many kilobytes, which goes when `use` is done. */
export function smallDisk<Result>(kilobytes: number, use: (folder: string) => Result): Result {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "rerank-disk-")));
  const unmount = (): void => {
    execFileSync("/bin/umount", ["-l", folder]);
    rmdirSync(folder);
  };
  let result: Result;
  try {
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder], { stdio: "ignore" });
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  try {
    result = use(folder);
  } catch (error) {
    unmount();
    throw error;
  }
  if (result instanceof Promise) return result.finally(unmount) as Result;
  unmount();
  return result;
}

/** True where no disk can be mounted: not root, not Linux, or a container without the right to. */
export const SMALL_DISK_SKIP = ((): boolean => {
  try {
    smallDisk(64, () => {});
    return false;
  } catch {
    return true;
  }
})();
