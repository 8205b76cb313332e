import { isGraphOfOthers, isLexicalOff, isMuchFree, LEAST_RECALL10 } from "../pipeline/audit-repair.ts";
import type { AroundFindings, AuditFindings, ContentFindings, FileFindings, ModelFindings } from "../pipeline/audit.ts";
import { counted, formatBytes, formatCount } from "./format-numbers.ts";
import { isUpToDate, stalenessText } from "./status-report.ts";

/** One thing that `rerank audit` looked at. */
export interface AuditCheck {
  readonly name: string;
  /** A note is worth knowing and costs no result; a problem has a remedy. */
  readonly verdict: "ok" | "note" | "problem";
  /** What was found, in one line. */
  readonly detail: string;
  /** What to do about it, for what is not ok; `null` where nothing has to be done. */
  readonly remedy: string | null;
  /** Paths of the documents concerned, all of them. */
  readonly documents: readonly string[];
}

const REPAIR = "rerank audit --repair";
const REBUILD = "rerank index --rebuild (name the folders if it asks; nothing is deleted before the new index is complete)";
const MUCH_LOG_BYTES = 16_000_000;

/** All checks, in the order of the index's layers: file, rows, texts, vectors, lexical index, HNSW, files, models, disk. */
export function auditChecks(findings: AuditFindings): AuditCheck[] {
  const { content, around } = findings;
  const looked = content === undefined ? around && aroundChecks(around) : contentChecks(findings, content);
  return [databaseCheck(findings), ...(looked ?? []), ...leftoverChecks(findings), diskCheck(findings)];
}

/** Beside a database whose problem has its remedy: what it would bring is none of these. */
function aroundChecks({ graph, models, ...files }: AroundFindings): AuditCheck[] {
  const isWhole = graph === "in step" || graph === "out of step";
  const checks = [
    isWhole ? ok("HNSW file", "checksum right; not compared with the database") : note("HNSW file", graph),
    { ...filesCheck(files), remedy: null },
  ];
  return models === undefined ? checks : [...checks, ...modelsChecks(models)];
}

function contentChecks(findings: AuditFindings, content: ContentFindings): AuditCheck[] {
  const graph = [graphCheck(findings, content), ...recallChecks(content)];
  return [rowsCheck(findings, content), textsCheck(content), vectorsCheck(content), lexicalCheck(findings, content), ...graph, filesCheck(content), ...modelsChecks(content)];
}

function ok(name: string, detail: string): AuditCheck {
  return { name, verdict: "ok", detail, remedy: null, documents: [] };
}

function note(name: string, detail: string, remedy: string | null = null, documents: readonly string[] = []): AuditCheck {
  return { name, verdict: "note", detail, remedy, documents };
}

function problem(name: string, detail: string, remedy: string, documents: readonly string[] = []): AuditCheck {
  return { name, verdict: "problem", detail, remedy, documents };
}

function databaseCheck({ integrity: { database }, content }: AuditFindings): AuditCheck {
  const [first] = database;
  if (first !== undefined) {
    const more = database.length > 1 ? ` (and ${formatCount(database.length - 1)} more)` : "";
    return problem("database", `damaged: ${first}${more}`, REBUILD);
  }
  return content === undefined ? problem("database", "the manifest is missing", REBUILD) : ok("database", "whole, as SQLite sees it");
}

function rowsCheck({ writer }: AuditFindings, { passages, unusedVectors, unreadableDocuments }: ContentFindings): AuditCheck {
  const { withoutDocument, withoutVector } = passages;
  const strays = [
    ...(withoutDocument > 0 ? [`${counted(withoutDocument, "passage")} of no document`] : []),
    ...(withoutVector > 0 ? [`${counted(withoutVector, "passage")} without a vector`] : []),
    ...(unreadableDocuments.length > 0 ? [`${counted(unreadableDocuments.length, "document")} whose record cannot be read`] : []),
  ];
  if (strays.length > 0) return problem("rows", strays.join(", "), REPAIR, unreadableDocuments);
  if (unusedVectors === 0) return ok("rows", "every passage has its document and its vector");
  const detail = `${counted(unusedVectors, "vector")} that no passage uses`;
  // An interrupted run leaves them, and the next one need not embed those texts again.
  return note("rows", detail, writer === undefined ? "rerank index uses them again, or drops them" : null);
}

function textsCheck({ passages: { passages, mismatched, damagedDocuments } }: ContentFindings): AuditCheck {
  if (mismatched === 0) return ok("texts", `${counted(passages, "passage")} match the digest that their vector is stored under`);
  const are = mismatched === 1 ? "is" : "are";
  return problem("texts", `${counted(mismatched, "passage")} ${are} not what the vector was made of`, REPAIR, [...damagedDocuments.keys()]);
}

function vectorsCheck(content: ContentFindings): AuditCheck {
  const { vectors, faults, differing } = content.vectors;
  const [first] = faults;
  if (first !== undefined) {
    const [vectorId, fault] = first;
    const what = faults.size === 1 ? `vector ${vectorId} has ${fault}` : `${counted(faults.size, "vector")} cannot be right: vector ${vectorId} has ${fault}`;
    return problem("vectors", what, REPAIR);
  }
  if (differing.length > 0 && !isGraphOfOthers(content)) {
    return problem("vectors", `${counted(differing.length, "vector")} changed since the HNSW file was written`, REPAIR);
  }
  const compared = content.graph.health === "in step" && differing.length === 0 ? ", the same as in the HNSW file" : "";
  return ok("vectors", `${formatCount(vectors)} of ${content.manifest.dimensions} dimensions and unit length${compared}`);
}

function lexicalCheck({ integrity: { lexical } }: AuditFindings, content: ContentFindings): AuditCheck {
  const [first] = lexical;
  if (first !== undefined) return problem("lexical index", `damaged: ${first}`, REPAIR);
  const { rows, passages } = content;
  if (!isLexicalOff(content)) {
    return ok("lexical index", `holds every passage; ${formatCount(passages.lexicalSamples)} looked up by their own words`);
  }
  const parts = [
    ...(rows.withoutTerms > 0 ? [`${counted(rows.withoutTerms, "passage")} missing from it`] : []),
    ...(rows.strayTerms > 0 ? [`${counted(rows.strayTerms, "entry", "entries")} of no passage`] : []),
    ...(passages.unfound > 0 ? [`${formatCount(passages.unfound)} of ${formatCount(passages.lexicalSamples)} passages not found by their own words`] : []),
  ];
  return problem("lexical index", parts.join(", "), REPAIR);
}

function graphCheck({ writer }: AuditFindings, content: ContentFindings): AuditCheck {
  const { graph, vectors } = content;
  const isUsed = vectors.vectors >= graph.usedFrom;
  const unused = isUsed ? "" : `, not used below ${formatCount(graph.usedFrom)} vectors`;
  if (graph.health === "in step") {
    if (isGraphOfOthers(content)) {
      return problem("HNSW file", `${formatCount(vectors.differing.length)} of its vectors are not the index's${unused}`, REPAIR);
    }
    const removed = graph.deletedShare < 0.005 ? "" : `, and ${Math.round(graph.deletedShare * 100)} % removed ones`;
    return ok("HNSW file", `checksum right; holds exactly the index's vectors${removed}${unused}`);
  }
  if (graph.health === "out of step" && writer !== undefined) return note("HNSW file", `behind the store while \`${writer}\` runs`);
  return problem("HNSW file", `${graph.health}${isUsed ? ": searches scan exactly" : unused}`, REPAIR);
}

function recallChecks({ vectors: { recall, vectors }, graph }: ContentFindings): AuditCheck[] {
  if (recall === undefined) return [];
  const [at10, at100] = [recall.recall10, recall.recall100].map(({ mean, worst }) => `${shareText(mean)} (worst ${shareText(worst)})`);
  const detail = `recall@10 ${at10}, recall@100 ${at100} on ${counted(recall.samples, "sample")}`;
  if (recall.recall10.mean >= LEAST_RECALL10) return [ok("HNSW recall", detail)];
  if (vectors < graph.usedFrom) return [note("HNSW recall", detail)];
  return [problem("HNSW recall", detail, `${REPAIR}; where that does not help, \`--recall exact\` finds everything`)];
}

/** A share that is not 1 is not shown as 1. */
function shareText(share: number): string {
  return share < 1 && share > 0.999 ? "0.999" : share.toFixed(3);
}

function filesCheck({ staleness, stalenessFailure, uncovered }: FileFindings): AuditCheck {
  if (staleness === undefined) return note("files", `not compared: ${stalenessFailure ?? "unknown"}`);
  if (uncovered.length > 0) {
    return note("files", `${counted(uncovered.length, "document")} below none of the index's folders`, "rerank index --forget <path>", uncovered);
  }
  if (isUpToDate(staleness)) return ok("files", `${counted(staleness.unchanged, "file")} unchanged since the last run`);
  return note("files", stalenessText(staleness), "rerank index");
}

function modelsChecks({ modelNotes, manifest }: ModelFindings): AuditCheck[] {
  const { embedderId, rerankerId } = manifest;
  if (modelNotes.length > 0) return modelNotes.map(({ detail, hint }) => note("models", detail, hint ?? null));
  return [ok("models", embedderId === rerankerId ? `${embedderId} is here` : `${embedderId} and ${rerankerId} are here`)];
}

function leftoverChecks({ leftovers, disk, writer }: AuditFindings): AuditCheck[] {
  const { useless, uselessBytes, unfinishedRebuilds, unfinishedBytes } = leftovers;
  const checks: AuditCheck[] = [];
  if (useless.length > 0) checks.push(note("leftovers", `${formatBytes(uselessBytes)} in ${counted(useless.length, "place")}, left by stopped processes`, REPAIR));
  if (unfinishedRebuilds.length > 0) {
    checks.push(note("leftovers", `an unfinished rebuild of ${formatBytes(unfinishedBytes)}`, "rerank index --rebuild goes on with it"));
  }
  if (disk.log >= MUCH_LOG_BYTES && writer === undefined) {
    checks.push(note("leftovers", `a log of ${formatBytes(disk.log)} beside the store`, "rerank index takes it in"));
  }
  return checks.length > 0 ? checks : [ok("leftovers", "none")];
}

function diskCheck({ disk }: AuditFindings): AuditCheck {
  const { store, log, hnsw, leftovers, parts } = disk;
  const detail = `${formatBytes(store + log + hnsw + leftovers)}: store ${formatBytes(store + log)}, HNSW ${formatBytes(hnsw)}`;
  if (parts !== undefined && isMuchFree(disk)) return note("disk", `${detail}, of which ${formatBytes(parts.free)} are free pages`, REPAIR);
  return ok("disk", detail);
}
