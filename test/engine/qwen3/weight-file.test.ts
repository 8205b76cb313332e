import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createWeightFile } from "../../../src/engine/qwen3/weight-file.ts";
import { SMALL_DISK_SKIP, smallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

const PAGE = 65_536;

describe("createWeightFile", () => {
  test("begins every tensor at a page, and says where it is", () => {
    const path = join(tempFolder(), "weights.bin");
    const file = createWeightFile(path);
    const tensors = [Float32Array.of(1, 2, 3), new Uint8Array(PAGE).fill(7), Int8Array.of(-1), Float32Array.of(5)];
    const places = tensors.map((tensor) => file.append(tensor));
    expect(places).toEqual([
      { offset: 0, length: 12 },
      { offset: PAGE, length: PAGE },
      { offset: 2 * PAGE, length: 1 },
      { offset: 3 * PAGE, length: 4 },
    ]);
    expect(file.sizeBytes).toBe(3 * PAGE + 4);
    file.close();
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(file.sizeBytes);
    for (const [place, { offset, length }] of places.entries()) {
      const { buffer, byteOffset, byteLength } = tensors[place] ?? new Uint8Array();
      expect(bytes.subarray(offset, offset + length).equals(Buffer.from(buffer, byteOffset, byteLength))).toBe(true);
    }
  });

  test("puts the parts of one tensor one behind the other, each a view of what may be a larger buffer", () => {
    const path = join(tempFolder(), "weights.bin");
    const file = createWeightFile(path);
    file.append(Uint8Array.of(1));
    const all = Uint8Array.of(9, 1, 2, 3, 4, 9);
    expect(file.appendParts([all.subarray(1, 3), all.subarray(3, 3), all.subarray(3, 5)])).toEqual({ offset: PAGE, length: 4 });
    file.close();
    file.close();
    expect(Array.from(readFileSync(path).subarray(PAGE))).toEqual([1, 2, 3, 4]);
  });

  test("takes the place of what an earlier run has left", () => {
    const path = join(tempFolder(), "weights.bin");
    writeFileSync(path, "what was there before");
    const file = createWeightFile(path);
    file.append(Uint8Array.of(1, 2));
    file.close();
    expect(statSync(path).size).toBe(2);
  });

  test("names a file that cannot be made", () => {
    const path = join(tempFolder(), "weights.bin");
    mkdirSync(path);
    const { message, hint } = userErrorOf(() => createWeightFile(path));
    expect(message).toContain(`${path} cannot be written`);
    expect(hint).toMatch(/permissions.*XDG_CACHE_HOME/);
  });

  test.skipIf(SMALL_DISK_SKIP)("names a full disk, and what to do about it (needs root on Linux: mounts a small disk)", () => {
    smallDisk(256, (folder) => {
      const file = createWeightFile(join(folder, "weights.bin"));
      file.append(new Uint8Array(PAGE));
      const { message, hint } = userErrorOf(() => file.append(new Uint8Array(8 * PAGE)));
      expect(message).toBe(`the disk is full: ${join(folder, "weights.bin")} cannot be written`);
      expect(hint).toMatch(/free space.*XDG_CACHE_HOME/);
      file.close();
    });
  });
});
