import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { SkippedFile } from "../../src/ports/file-source.ts";
import type { IndexRoot } from "../../src/ports/passage-store.ts";
import { createFileWalker } from "../../src/adapters/file-walker.ts";

/**
 * A temporary folder with these files (path: content, "" where it does not matter; a path that ends in "/" is an empty
 * folder), gone after the test.
 */
export function makeTree(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "rerank-walk-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const absolutePath = path.join(folder, name);
    mkdirSync(name.endsWith("/") ? absolutePath : path.dirname(absolutePath), { recursive: true });
    if (!name.endsWith("/")) writeFileSync(absolutePath, content || "-");
  }
  return folder;
}

/** A named pipe that nobody writes to. Node makes none, so the shell does. */
export function makeNamedPipe(absolutePath: string): void {
  execFileSync("sh", ["-c", 'mkfifo "$0"', absolutePath]);
}

export function rootAt(rootPath: string, options: Partial<IndexRoot> = {}): IndexRoot {
  return { path: rootPath, include: [], exclude: [], hidden: false, follow: false, maxFileBytes: 10_000_000, ...options };
}

export interface Listing {
  readonly files: readonly string[];
  readonly skipped: readonly SkippedFile[];
}

/** Paths in the order in which they come. */
export async function listTree(baseFolder: string, options: Partial<IndexRoot> = {}): Promise<Listing> {
  const files: string[] = [];
  const skipped: SkippedFile[] = [];
  for await (const entry of createFileWalker({ baseFolder }).list(rootAt(options.path ?? ".", options))) {
    if ("file" in entry) files.push(entry.file.path);
    else skipped.push(entry.skipped);
  }
  return { files, skipped };
}
