import { isAbsolute, relative, resolve, sep } from "node:path";

/** How a path is stored: relative to the index's base folder, with forward slashes; absolute outside of it. */
export function storedPath(absolutePath: string, baseFolder: string): string {
  const path = relative(baseFolder, absolutePath);
  if (path === "") return ".";
  return isOutside(path) ? absolutePath : path.split(sep).join("/");
}

/** Whether a stored path is a root itself or lies below it; a root may well lie above the base folder. */
export function liesBelow(path: string, root: string, baseFolder: string): boolean {
  return !isOutside(relative(resolve(baseFolder, root), resolve(baseFolder, path)));
}

function isOutside(relativePath: string): boolean {
  return relativePath === ".." || relativePath.startsWith(`..${sep}`) || isAbsolute(relativePath);
}
