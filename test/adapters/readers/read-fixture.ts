import { readFileSync } from "node:fs";
import type { DocumentBlock, ParsedDocument } from "../../../src/domain/document.ts";
import { readDocument } from "../../../src/adapters/readers/all-readers.ts";

/** Reads text as if it were a file of that name. */
export function readText(path: string, text: string): Promise<ParsedDocument> {
  return readDocument({ path, bytes: Buffer.from(text) });
}

/** Reads a file of test/fixtures/readers. */
export function readFixture(name: string): Promise<ParsedDocument> {
  return readDocument({ path: `fixtures/${name}`, bytes: fixtureBytes(name) });
}

export function fixtureBytes(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/readers/${name}`, import.meta.url));
}

/** "heading1 1-1: Title", one per block: what a test can compare at a glance. */
export function outline({ blocks }: Pick<ParsedDocument, "blocks">): string[] {
  return blocks.map(({ kind, level, startLine, endLine, text }: DocumentBlock) => `${kind}${level ?? ""} ${startLine}-${endLine}: ${text}`);
}

export function skipped(reason: string, detail = ""): { name: string; reason: string; message: unknown } {
  return { name: "SkippedDocument", reason, message: { asymmetricMatch: (message: string) => message.includes(detail) } };
}
