import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import ignore, { type Ignore } from "ignore";

/** The rules that hold inside one folder: those of its own ignore files and of all folders above. Immutable. */
export interface IgnoreRules {
  /** `absolutePath` is an entry of the folder that these rules are for. */
  ignores(absolutePath: string, isFolder: boolean): boolean;
  /** The rules inside `folder`, whose ignore files, if any, are among `fileNames`. */
  enter(folder: string, fileNames: readonly string[]): Promise<IgnoreRules>;
}

/** One ignore file: its patterns are relative to its folder. */
interface RuleFile {
  readonly folder: string;
  readonly patterns: readonly string[];
  readonly matcher: Ignore;
}

/** From the outermost folder to the innermost. */
interface Chains {
  readonly git: readonly RuleFile[];
  /** .rerankignore files: what one of them says, either way, no .gitignore can change. */
  readonly own: readonly RuleFile[];
}

const GIT_IGNORE = ".gitignore";
const OWN_IGNORE = ".rerankignore";
/** As git decides it (core.ignorecase) where file systems usually do not tell case apart. */
const IGNORE_CASE = process.platform === "darwin" || process.platform === "win32";

/**
 * The rules of everything above `folder`: ignore files from the root of its repository (without one: from `top`) down to
 * its parent, and the repository's info/exclude. A folder that was named is wanted even where they ignore it.
 *
 * @param top an absolute path; used only when it is above `folder`.
 */
export async function openIgnoreRules(folder: string, top: string): Promise<IgnoreRules> {
  const repository = await repositoryOf(folder);
  const outermost = repository?.folder ?? (isBelow(folder, top) ? top : folder);
  const excluded = repository === undefined ? [] : await readRules(repository.folder, repository.excludeFile);
  let chains: Chains = { git: excluded, own: [] };
  for (const above of foldersBetween(outermost, folder)) chains = await withRulesOf(freed(chains, above), above, [GIT_IGNORE, OWN_IGNORE]);
  return rulesWith(chains);
}

function rulesWith(chains: Chains): IgnoreRules {
  return {
    ignores: (absolutePath, isFolder) => verdict(chains.own, absolutePath, isFolder) ?? verdict(chains.git, absolutePath, isFolder) ?? false,
    async enter(folder, fileNames) {
      const inside = freed(chains, folder);
      if (!fileNames.includes(GIT_IGNORE) && !fileNames.includes(OWN_IGNORE)) return inside === chains ? this : rulesWith(inside);
      return rulesWith(await withRulesOf(inside, folder, fileNames));
    },
  };
}

/** The innermost file that says anything decides; `undefined` when none does. */
function verdict(chain: readonly RuleFile[], absolutePath: string, isFolder: boolean): boolean | undefined {
  for (let position = chain.length - 1; position >= 0; position--) {
    const file = chain[position]!;
    const { ignored, unignored } = file.matcher.test(relativeTo(file, absolutePath, isFolder));
    if (ignored || unignored) return ignored;
  }
  return undefined;
}

/**
 * The chains inside a folder that is walked although some pattern ignores it (an inner file, a .rerankignore or the user
 * wants it). To the library all that is below an ignored folder is ignored; to git a pattern that was overruled for a
 * folder still counts for each name below. So the folder, and it alone, is let through in that file.
 */
function freed(chains: Chains, folder: string): Chains {
  const git = chains.git.map((file) => freedFile(file, folder));
  const own = chains.own.map((file) => freedFile(file, folder));
  const isSame = git.every((file, position) => file === chains.git[position]) && own.every((file, position) => file === chains.own[position]);
  return isSame ? chains : { git, own };
}

function freedFile(file: RuleFile, folder: string): RuleFile {
  // The rules of a folder say nothing about the folder itself.
  if (file.folder === folder) return file;
  const relative = relativeTo(file, folder, true);
  if (!file.matcher.test(relative).ignored) return file;
  return ruleFile(file.folder, [...file.patterns, `!/${relative.replace(/[\\*?[\]!# ]/g, "\\$&")}`]);
}

async function withRulesOf(chains: Chains, folder: string, fileNames: readonly string[]): Promise<Chains> {
  const read = async (name: string) => (fileNames.includes(name) ? readRules(folder, path.join(folder, name)) : []);
  const [git, own] = await Promise.all([read(GIT_IGNORE), read(OWN_IGNORE)]);
  return { git: [...chains.git, ...git], own: [...chains.own, ...own] };
}

async function readRules(folder: string, file: string): Promise<RuleFile[]> {
  try {
    const text = await readFile(file, "utf8");
    return [ruleFile(folder, text.replace(/^\uFEFF/, "").split(/\r?\n/))];
  } catch {
    // Missing is the usual case; git as well passes over an ignore file that it cannot read.
    return [];
  }
}

function ruleFile(folder: string, patterns: readonly string[]): RuleFile {
  return { folder, patterns, matcher: ignore({ ignorecase: IGNORE_CASE, allowRelativePaths: true }).add(patterns.map((pattern) => ({ pattern }))) };
}

function relativeTo({ folder }: RuleFile, absolutePath: string, isFolder: boolean): string {
  const relative = absolutePath.slice(folder.endsWith(path.sep) ? folder.length : folder.length + 1);
  const slashed = path.sep === "/" ? relative : relative.replaceAll(path.sep, "/");
  return isFolder ? `${slashed}/` : slashed;
}

/** The folders from `top` down to the parent of `folder`. */
function foldersBetween(top: string, folder: string): string[] {
  const folders: string[] = [];
  for (let current = folder; current !== top && path.dirname(current) !== current; ) {
    current = path.dirname(current);
    folders.unshift(current);
  }
  return folders;
}

function isBelow(folder: string, top: string): boolean {
  return folder.startsWith(top.endsWith(path.sep) ? top : top + path.sep);
}

async function repositoryOf(folder: string): Promise<{ folder: string; excludeFile: string } | undefined> {
  for (let current = folder; ; current = path.dirname(current)) {
    const git = path.join(current, ".git");
    const found = await stat(git).catch(() => undefined); // Missing here: look further up.
    if (found !== undefined) {
      const gitFolder = found.isDirectory() ? git : await linkedGitFolder(git);
      return { folder: current, excludeFile: path.join(gitFolder, "info", "exclude") };
    }
    if (path.dirname(current) === current) return undefined;
  }
}

/** Worktrees and submodules have a .git file that names their folder; a worktree's names the shared one in turn. */
async function linkedGitFolder(gitFile: string): Promise<string> {
  const read = async (file: string) => (await readFile(file, "utf8").catch(() => "")).trim(); // Unreadable: no rules.
  const named = /^gitdir:\s*(.+)$/m.exec(await read(gitFile))?.[1] ?? "";
  const gitFolder = path.resolve(path.dirname(gitFile), named);
  return path.resolve(gitFolder, await read(path.join(gitFolder, "commondir")));
}
