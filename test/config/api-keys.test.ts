import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { readApiKeys, type ApiKeys } from "../../src/config/api-keys.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";
import { userErrorOf } from "../support/user-error-of.ts";

const LONG = "0123456789abcdef0123";

function keyFile(content: string, mode = 0o600): string {
  const path = join(tempFolder(), "keys");
  writeFiles(join(path, ".."), { keys: content });
  chmodSync(path, mode);
  return path;
}

function revealed({ keys }: ApiKeys): [string, string][] {
  return keys.map((key) => [key.reveal(), key.source]);
}

test("without variables and file there is no key", () => {
  expect(readApiKeys({ env: { RERANK_API_KEY: " ", ACCESS_TOKEN: "" }, keyFile: undefined })).toEqual({ keys: [], notices: [] });
});

test("keys come from both variables and the file, each once, under the first source that has it", () => {
  const path = keyFile(`\uFEFF# of the web shop\r\n${LONG}-c\n\n  ${LONG}-a  \n`);
  const keys = readApiKeys({ env: { RERANK_API_KEY: ` ${LONG}-a, ${LONG}-b,,`, ACCESS_TOKEN: `${LONG},d` }, keyFile: path });
  expect(revealed(keys)).toEqual([
    [`${LONG}-a`, "RERANK_API_KEY"],
    [`${LONG}-b`, "RERANK_API_KEY"],
    [`${LONG},d`, "ACCESS_TOKEN"],
    [`${LONG}-c`, `${path}, line 2`],
  ]);
  expect(keys.notices).toEqual([]);
});

test("keys are called by where they are written, and never show themselves", () => {
  const keys = readApiKeys({ env: { ACCESS_TOKEN: LONG }, keyFile: undefined, sourceOf: (name) => `${name} in /srv/.env` });
  expect(keys.keys[0]?.source).toBe("ACCESS_TOKEN in /srv/.env");
  expect(`${JSON.stringify(keys)}${inspect(keys, { depth: 9, showHidden: true })}${keys.keys.join()}`).not.toContain(LONG);
});

test("a short key is noticed without being told", () => {
  const { keys, notices } = readApiKeys({ env: { RERANK_API_KEY: `${LONG},hunter2` }, keyFile: undefined });
  expect(keys).toHaveLength(2);
  expect(notices).toEqual([expect.stringMatching(/^a key in RERANK_API_KEY is shorter than 16 characters/)]);
  expect(notices.join()).not.toContain("hunter2");
});

test.each(["two words here and more", "schlüssel-schlüssel", "tab\tbetween-two-words", "キー-キー-キー-キー-キー"])("a key that no header can carry is refused and not told: %j", (key) => {
  const error = userErrorOf(() => readApiKeys({ env: {}, keyFile: keyFile(`${LONG}\n${key}\n`) }));
  expect(error.message).toMatch(/^a key in .*, line 2 has characters that an Authorization header cannot carry$/);
  expect(error.message + error.hint).not.toContain(key);
});

test("a file that is missing, a folder, empty or too large is an error that names it", () => {
  const folder = tempFolder();
  mkdirSync(join(folder, "folder"));
  const missing = join(folder, "missing");
  expect(userErrorOf(() => readApiKeys({ env: {}, keyFile: missing })).message).toContain(`cannot read the key file ${missing}`);
  expect(userErrorOf(() => readApiKeys({ env: {}, keyFile: join(folder, "folder") })).message).toContain("cannot read the key file");
  expect(userErrorOf(() => readApiKeys({ env: { ACCESS_TOKEN: LONG }, keyFile: keyFile("# none\n\n") })).message).toContain("holds no key");
  expect(userErrorOf(() => readApiKeys({ env: {}, keyFile: keyFile(`${LONG}\n`.repeat(50_000)) })).message).toContain("larger than a megabyte");
});

test.skipIf(process.platform === "win32")("a file that everybody can read is noticed; the group may", () => {
  const path = keyFile(`${LONG}\n`, 0o644);
  expect(readApiKeys({ env: {}, keyFile: path }).notices).toEqual([`everybody on this machine can read the keys in ${path}: chmod o= ${path}`]);
  expect(readApiKeys({ env: {}, keyFile: keyFile(`${LONG}\n`, 0o640) }).notices).toEqual([]);
});
