import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";

const LAYOUT = "a BEIR folder holds corpus.jsonl (or docs/ with files), queries.jsonl and qrels/test.tsv";
const QRELS_EXTENSION = /\.(?:tsv|txt|qrels?)$/i;

/** The files of one dataset. */
export interface BeirParts {
  readonly corpus: { readonly path: string; readonly isFolder: boolean };
  readonly queries: string;
  readonly qrels: string;
}

/**
 * @param qrelsFile as it was written: relative to the current folder, to the folder's qrels/, or to the folder itself.
 * Throws UserError naming every part that is missing, and when several qrels files could be meant.
 */
export async function findBeirParts(folder: string, qrelsFile: string | undefined): Promise<BeirParts> {
  const kind = await kindOf(folder);
  if (kind !== "folder") throw new UserError(kind === undefined ? `there is no folder ${folder}` : `${folder} is not a folder`, { hint: LAYOUT });
  const corpus = join(folder, "corpus.jsonl");
  const docs = join(folder, "docs");
  const queries = join(folder, "queries.jsonl");
  const hasCorpus = (await kindOf(corpus)) === "file";
  const missing: string[] = [];
  if (!hasCorpus && (await kindOf(docs)) !== "folder") missing.push("corpus.jsonl");
  if ((await kindOf(queries)) !== "file") missing.push("queries.jsonl");
  const qrelsFiles = qrelsFile === undefined ? await filesIn(join(folder, "qrels")) : [];
  if (qrelsFile === undefined && qrelsFiles.length === 0) missing.push("qrels/*.tsv");
  if (missing.length > 0) await throwMissing(folder, missing);
  return {
    corpus: hasCorpus ? { path: corpus, isFolder: false } : { path: docs, isFolder: true },
    queries,
    qrels: qrelsFile === undefined ? join(folder, "qrels", chooseQrels(folder, qrelsFiles)) : await findQrels(folder, qrelsFile),
  };
}

async function throwMissing(folder: string, missing: readonly string[]): Promise<never> {
  const packed = (await filesIn(folder, /\.gz$/i)).find((name) => missing.some((part) => `${part}.gz` === name));
  const hint = packed === undefined ? LAYOUT : `unpack it first: gunzip -k ${join(folder, packed)}`;
  throw new UserError(`${folder} has no ${missing.join(", no ")}`, { hint });
}

function chooseQrels(folder: string, names: readonly string[]): string {
  if (names.includes("test.tsv")) return "test.tsv";
  if (names.length === 1) return names[0]!;
  throw new UserError(`${join(folder, "qrels")} holds ${names.join(", ")}, and no test.tsv`, { hint: `say which one counts: --qrels ${join(folder, "qrels", names[0]!)}` });
}

async function findQrels(folder: string, written: string): Promise<string> {
  for (const place of [written, join(folder, "qrels", written), join(folder, written)]) {
    if ((await kindOf(place)) === "file") return place;
  }
  const names = await filesIn(join(folder, "qrels"));
  throw new UserError(`there is no ${written}`, { hint: names.length === 0 ? LAYOUT : `${join(folder, "qrels")} holds ${names.join(", ")}` });
}

async function filesIn(folder: string, pattern = QRELS_EXTENSION): Promise<string[]> {
  // Missing or no folder: what is missing is named where all parts are looked at.
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => pattern.test(name) && !name.startsWith(".")).sort();
}

/** Pipes count as files; `undefined` for what is not there. */
async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  const found = await stat(path).catch(() => undefined); // Unreadable is as good as missing.
  return found === undefined ? undefined : found.isDirectory() ? "folder" : "file";
}
