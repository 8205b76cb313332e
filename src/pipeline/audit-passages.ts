import { setImmediate as nextTurn } from "node:timers/promises";
import { lexicalTerms } from "../domain/lexical-terms.ts";
import { passageInput } from "../domain/passage.ts";
import type { AuditedStore, StoredPassage } from "../ports/audited-store.ts";
import { vectorKeyOf } from "./embedding-window.ts";

export interface PassageFindings {
  readonly passages: number;
  readonly withoutDocument: number;
  readonly withoutVector: number;
  /** Passages that are not what their vector was made of: the text, the headings or the key has changed since. */
  readonly mismatched: number;
  /** Documents that one of these passages belongs to, each with the reason. */
  readonly damagedDocuments: ReadonlyMap<string, string>;
  /** Passages whose terms the lexical index was asked for, and those that it did not find. */
  readonly lexicalSamples: number;
  readonly unfound: number;
}

export interface PassageAuditOptions {
  /** Passages that the lexical index is asked for, spread evenly over all of them. */
  readonly samples: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** Between these many passages the screen is drawn and Ctrl-C is heard: some 10 ms of work. */
const TURN_PASSAGES = 250;

/** Compares every passage with the digest that its vector is stored under, and some with the lexical index. */
export async function auditPassages(store: AuditedStore, { samples, signal, onProgress }: PassageAuditOptions): Promise<PassageFindings> {
  const stride = Math.max(1, Math.ceil(store.counts().passages / samples));
  const damagedDocuments = new Map<string, string>();
  const found = { passages: 0, withoutDocument: 0, withoutVector: 0, mismatched: 0, lexicalSamples: 0, unfound: 0 };
  for (const passage of store.storedPassages()) {
    if (passage.path === null) found.withoutDocument++;
    if (passage.vectorKey === null) found.withoutVector++;
    const fault = faultOf(passage);
    if (fault === "mismatch") found.mismatched++;
    if (fault !== undefined && passage.path !== null) damagedDocuments.set(passage.path, REASONS[fault]);
    if (fault === undefined && found.passages % stride === 0) {
      found.lexicalSamples++;
      if (!store.isFoundBy(passage.id, lexicalTerms(inputOf(passage)))) found.unfound++;
    }
    if (++found.passages % TURN_PASSAGES !== 0) continue;
    onProgress(found.passages);
    await nextTurn();
    signal.throwIfAborted();
  }
  return { ...found, damagedDocuments };
}

const REASONS = {
  "no vector": "a passage has no vector",
  mismatch: "a passage is not what its vector was made of",
} as const;

function faultOf(passage: StoredPassage): keyof typeof REASONS | undefined {
  if (passage.vectorKey === null) return "no vector";
  if (passage.headings === undefined || vectorKeyOf(inputOf(passage)) !== passage.vectorKey) return "mismatch";
  return undefined;
}

function inputOf({ headings = [], text }: StoredPassage): string {
  return passageInput({ headings, text });
}
