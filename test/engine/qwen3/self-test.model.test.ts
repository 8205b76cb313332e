import { closeSync, cpSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ModelRole, Qwen3Precision, Qwen3Spec } from "../../../src/domain/model-spec.ts";
import { openQwen3Embedder } from "../../../src/engine/qwen3/open-qwen3-embedder.ts";
import { openQwen3Reranker } from "../../../src/engine/qwen3/open-qwen3-reranker.ts";
import { verifyModel } from "../../../src/engine/qwen3/verify-model.ts";
import { COMPILED_WEIGHTS_FILE } from "../../../src/ports/model-compiler.ts";
import { compiledModel } from "../../support/compiled-qwen3.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { TINY, tinyDecoder } from "../../support/tiny-decoder.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

const NO_TOKEN = 2152;
const YES_TOKEN = 9693;

const sound = tinyDecoder();

/** The compiled tiny decoder in a folder of its own, to be damaged. */
async function copyOf(role: ModelRole, precision: Qwen3Precision = "fp32", checkpoint = sound): Promise<Qwen3Spec> {
  const { spec } = await compiledModel(checkpoint, role, precision);
  const folder = join(tempFolder(), "compiled");
  cpSync(dirname(spec.graphPath), folder, { recursive: true, filter: (path) => !basename(path).startsWith("passed-") });
  return { ...spec, graphPath: join(folder, basename(spec.graphPath)) };
}

const folderOf = ({ graphPath }: Qwen3Spec): string => dirname(graphPath);
const stamps = (spec: Qwen3Spec): string[] => readdirSync(folderOf(spec)).filter((name) => name.startsWith("passed-"));

function overwriteWeights(spec: Qwen3Spec, from: number, bytes: Uint8Array): void {
  const descriptor = openSync(join(folderOf(spec), COMPILED_WEIGHTS_FILE), "r+");
  writeSync(descriptor, bytes, 0, bytes.length, from);
  closeSync(descriptor);
}

describe("the first load of a compiled model", () => {
  test.each(["fp32", "int8", "int4"] as const)("tests it and leaves a stamp; later loads do not test again (%s)", async (precision) => {
    const [embedder, reranker] = [await copyOf("embedder", precision), await copyOf("reranker", precision)];
    await openQwen3Embedder(embedder);
    await openQwen3Reranker(reranker);
    const writtenAt = [embedder, reranker].map((spec) => {
      expect(stamps(spec)).toEqual(["passed-cpu"]);
      return statSync(join(folderOf(spec), "passed-cpu")).mtimeMs;
    });
    await openQwen3Embedder(embedder);
    await openQwen3Reranker(reranker);
    expect([embedder, reranker].map((spec) => statSync(join(folderOf(spec), "passed-cpu")).mtimeMs)).toEqual(writtenAt);
  });

  test("tests it again on another processor", async () => {
    const spec = await copyOf("embedder");
    writeFileSync(join(folderOf(spec), "passed-cpu"), "the state of another processor");
    await openQwen3Embedder(spec);
    expect(readFileSync(join(folderOf(spec), "passed-cpu"), "utf8")).toMatch(/^[0-9a-f]{64}$/);
  });

  test("tests it again, and refuses it, when its weights have changed since", async () => {
    const spec = await copyOf("embedder");
    await openQwen3Embedder(spec);
    overwriteWeights(spec, 0, new Uint8Array(statSync(join(folderOf(spec), COMPILED_WEIGHTS_FILE)).size));
    expect((await userRejectionOf(openQwen3Embedder(spec))).message).toContain("fails its self-test");
  });

  test("names golden answers that are missing, cut short or of another role, and leaves no stamp", async () => {
    const reranker = await copyOf("reranker");
    const golden = join(folderOf(reranker), "golden.json");
    const text = readFileSync(golden, "utf8");
    for (const damaged of [undefined, text.slice(0, -10), "{}", JSON.stringify({ logits: [1, 2] }), JSON.stringify({ vectors: [[1]] }), "null"]) {
      rmSync(golden, { force: true });
      if (damaged !== undefined) writeFileSync(golden, damaged);
      const { message, hint } = await userRejectionOf(openQwen3Reranker(reranker));
      expect(message, damaged ?? "missing").toContain(`${golden} cannot be used: `);
      expect(hint).toContain(`remove ${folderOf(reranker)}`);
    }
    expect(stamps(reranker)).toEqual([]);
  });

  test("names a missing or damaged report", async () => {
    const spec = await copyOf("embedder");
    for (const damage of [() => writeFileSync(join(folderOf(spec), "report.json"), "{"), () => rmSync(join(folderOf(spec), "report.json"))]) {
      damage();
      expect((await userRejectionOf(openQwen3Embedder(spec))).message).toContain("report.json cannot be used");
    }
  });
});

describe("a graph that was damaged after it was compiled", () => {
  test("that answers NaN is refused, and so is one that answers something else", async () => {
    for (const role of ["embedder", "reranker"] as const) {
      const open = role === "embedder" ? openQwen3Embedder : openQwen3Reranker;
      const { size } = statSync(join(folderOf(await copyOf(role)), COMPILED_WEIGHTS_FILE));
      const nan = await copyOf(role);
      overwriteWeights(nan, 0, new Uint8Array(size).fill(0xff));
      expect((await userRejectionOf(open(nan))).message, role).toMatch(/^synthetic-\w+ fails its self-test: it answers NaN or infinity$/);
      expect(stamps(nan)).toEqual([]);

      const other = await copyOf(role);
      const bytes = readFileSync(join(folderOf(other), COMPILED_WEIGHTS_FILE));
      // The embedding's rows change places: every value is sound, and none is where it belongs.
      overwriteWeights(other, 0, bytes.reverse());
      const { message, hint } = await userRejectionOf(open(other));
      expect(message, role).toMatch(/fails its self-test: /);
      expect(hint).not.toBe("");
      expect(stamps(other)).toEqual([]);
    }
  });

  test("of which a part is missing does not load", async () => {
    for (const damage of [
      (spec: Qwen3Spec) => truncateSync(join(folderOf(spec), COMPILED_WEIGHTS_FILE), 65_536),
      (spec: Qwen3Spec) => rmSync(join(folderOf(spec), COMPILED_WEIGHTS_FILE)),
      (spec: Qwen3Spec) => truncateSync(spec.graphPath, Math.floor(statSync(spec.graphPath).size / 2)),
      (spec: Qwen3Spec) => rmSync(spec.graphPath),
    ]) {
      const spec = await copyOf("embedder");
      damage(spec);
      const { message, hint } = await userRejectionOf(openQwen3Embedder(spec));
      expect(message).toContain(spec.graphPath);
      expect(hint).toBeDefined();
    }
  });

  test("whose stamp is there is found by verifying it", async () => {
    const spec = await copyOf("reranker");
    await openQwen3Reranker(spec);
    expect((await verifyModel(spec)).every(({ passed }) => passed)).toBe(true);
    const golden = join(folderOf(spec), "golden.json");
    const { logits } = JSON.parse(readFileSync(golden, "utf8")) as { logits: number[] };
    writeFileSync(golden, JSON.stringify({ logits: logits.map((logit, place) => (place === 2 ? -logit - 1 : logit)) }));
    expect((await verifyModel(spec)).map(({ passed }) => passed)).toEqual([true, true, false, true, true, true]);
  });
});

describe("a checkpoint that cannot rank", () => {
  const refusal = async (role: ModelRole, change: (name: string, values: Float32Array, shape: readonly number[]) => Float32Array, tied = true) => {
    const checkpoint = tinyDecoder({ change }, { tie_word_embeddings: tied });
    const { spec } = await compiledModel(checkpoint, role);
    const opened: Promise<unknown> = role === "embedder" ? openQwen3Embedder(spec) : openQwen3Reranker(spec);
    const error = await userRejectionOf(opened);
    expect(existsSync(folderOf(spec)) && stamps(spec)).toEqual([]);
    return error;
  };

  test("because all its tokens have the same vector is refused", async () => {
    const { message, hint } = await refusal("embedder", (name, values) => (name === "model.embed_tokens.weight" ? values.fill(0.5) : values));
    expect(message).toBe("synthetic-embedder fails its self-test: it gives the same vector for every text");
    expect(hint).toContain("its weights do not belong to its configuration");
  });

  test("because its vectors are all zero is refused, for what it is", async () => {
    const { message } = await refusal("embedder", (name, values) => (name === "model.norm.weight" ? values.fill(0) : values));
    expect(message).toBe("synthetic-embedder fails its self-test: it gives the same vector for every text");
  });

  test("because its head says yes and no alike is refused", async () => {
    const { hidden_size: hidden } = TINY;
    const { message, hint } = await refusal(
      "reranker",
      (name, values) => (name === "lm_head.weight" ? values.copyWithin(YES_TOKEN * hidden, NO_TOKEN * hidden, (NO_TOKEN + 1) * hidden) : values),
      false,
    );
    expect(message).toBe("synthetic-reranker fails its self-test: it finds pairs that fit and pairs that do not alike, between 0.500 and 0.500");
    expect(hint).toContain("official Qwen3-Reranker");
  });
});

describe("verifying", () => {
  test("gives a line for each golden text, and the answers that the checkpoint's weights give", async () => {
    for (const precision of ["fp32", "int8"] as const) {
      const embedder = await verifyModel((await compiledModel(sound, "embedder", precision)).spec);
      expect(embedder).toHaveLength(6);
      for (const { text, expected, found, passed } of embedder) {
        expect(text).not.toBe("");
        expect(expected).toBe(1);
        expect(found).toBeGreaterThan(precision === "fp32" ? 0.999_999 : 0.998);
        expect(passed).toBe(true);
      }
      const reranker = await verifyModel((await compiledModel(sound, "reranker", precision)).spec);
      expect(reranker).toHaveLength(6);
      for (const { text, expected, found, passed } of reranker) {
        expect(text).toMatch(/ \| /);
        expect(Math.abs(expected - found)).toBeLessThan(precision === "fp32" ? 1e-5 : 0.011);
        expect(passed).toBe(true);
      }
    }
  });
});
