import type { AuditedStore, RowRepair, StoreIntegrity } from "../ports/audited-store.ts";
import type { AuditFindings, ContentFindings, DiskUse } from "./audit.ts";

/** What a repair does, in the order in which it does it. */
export interface RepairPlan {
  /** `undefined`: the rows are in order. */
  readonly rows: RowRepair | undefined;
  /** Documents that are dropped, to be read again, each with the reason. */
  readonly forget: ReadonlyMap<string, string>;
  /** "sync" takes out what the rows have lost. */
  readonly graph: "keep" | "sync" | "rebuild";
  readonly removeLeftovers: boolean;
  readonly compact: boolean;
}

/** Below this, searches miss results that are there. A healthy graph of real vectors has 0.99 and more; see bench/recall.js. */
export const LEAST_RECALL10 = 0.95;
/** More vectors than this share differ from the graph's: the graph was made of others, and they are right. */
const MOST_DAMAGED_SHARE = 0.01;
const FEW_VECTORS = 16;
/** Free pages are worth a compaction from this on, when they are also a good part of the file. */
const MUCH_FREE_BYTES = 4_000_000;
const MUCH_FREE_SHARE = 0.2;

/** What can be mended of what was found: nothing of the user's is touched, and nothing is embedded. */
export function planRepair(findings: AuditFindings, store: Pick<AuditedStore, "documentsOfVectors">): RepairPlan {
  const { content, leftovers, integrity } = findings;
  // A manifest or a file that cannot be trusted is no ground to delete anything.
  if (content === undefined) return { rows: undefined, forget: new Map(), graph: "keep", removeLeftovers: false, compact: false };
  const damagedVectors = [...content.vectors.faults.keys(), ...(isGraphOfOthers(content) ? [] : content.vectors.differing)];
  const forget = new Map(content.passages.damagedDocuments);
  for (const path of content.unreadableDocuments) forget.set(path, "its record cannot be read");
  for (const path of store.documentsOfVectors(damagedVectors)) forget.set(path, "a vector is damaged");
  const lexical = lexicalRepair(integrity, content);
  const losesRows = forget.size > 0 || damagedVectors.length > 0 || content.unusedVectors + content.rows.strayReferences > 0;
  return {
    rows: losesRows || lexical !== "keep" ? { forget: [...forget.keys()], dropVectors: damagedVectors, lexical } : undefined,
    forget,
    graph: graphRepair(content, losesRows),
    removeLeftovers: leftovers.useless.length > 0,
    // Pages of a lexical index that was replaced belong to nothing until then.
    compact: lexical === "replace" || isMuchFree(findings.disk),
  };
}

export function hasWork({ rows, graph, removeLeftovers, compact }: RepairPlan): boolean {
  return rows !== undefined || graph !== "keep" || removeLeftovers || compact;
}

/** Whether the graph holds what it should not, so that no vector can be judged by it. */
export function isGraphOfOthers({ vectors: { vectors, differing } }: ContentFindings): boolean {
  return differing.length > Math.max(FEW_VECTORS, vectors * MOST_DAMAGED_SHARE);
}

export function isLexicalOff({ rows, passages }: ContentFindings): boolean {
  return rows.withoutTerms + rows.strayTerms + passages.unfound > 0;
}

export function isMuchFree({ store, parts }: DiskUse): boolean {
  return parts !== undefined && parts.free >= MUCH_FREE_BYTES && parts.free >= store * MUCH_FREE_SHARE;
}

function lexicalRepair({ lexical }: StoreIntegrity, content: ContentFindings): RowRepair["lexical"] {
  if (lexical.length > 0) return "replace";
  return isLexicalOff(content) ? "refill" : "keep";
}

function graphRepair(content: ContentFindings, losesRows: boolean): RepairPlan["graph"] {
  const { health } = content.graph;
  const { recall } = content.vectors;
  const isPoor = recall !== undefined && recall.recall10.mean < LEAST_RECALL10;
  if (health === "missing" || health === "damaged" || isPoor || isGraphOfOthers(content)) return "rebuild";
  return health === "out of step" || losesRows ? "sync" : "keep";
}
