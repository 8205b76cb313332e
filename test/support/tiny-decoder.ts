import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { SyntheticConfig } from "./parity-fixture.ts";
import { SMALL } from "./small-checkpoint.ts";
import { type SyntheticOptions, writeSyntheticCheckpoint } from "./synthetic-checkpoint.ts";

/** The smallest decoder that reads Qwen3's tokens; its matrices do not fill whole blocks of 4-bit weights. */
export const TINY: SyntheticConfig = { ...SMALL, vocab_size: 151_669 };

const folders: string[] = [];

/** A folder with the tiny decoder and its tokenizer, kept until the file's last test is done. */
export function tinyDecoder(options: SyntheticOptions = {}, config: Partial<SyntheticConfig> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "rerank-decoder-")));
  folders.push(folder);
  writeSyntheticCheckpoint(folder, { ...TINY, ...config }, options);
  return folder;
}

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Changes one value of one tensor. */
export function oneValue(tensor: string, place: number, value: number): NonNullable<SyntheticOptions["change"]> {
  return (name, values) => {
    if (name === tensor) values[place] = value;
    return values;
  };
}
