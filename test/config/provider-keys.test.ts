import { join } from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { parseAddress } from "../../src/config/parse-address.ts";
import { readProviderKey } from "../../src/config/provider-keys.ts";
import { resolveSettings } from "../../src/config/resolve-settings.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";
import { userErrorOf, userRejectionOf } from "../support/user-error-of.ts";

const VARIABLES = ["COHERE_API_KEY", "CO_API_KEY", "RERANK_RERANK_KEY"];
const options = (env: Readonly<Record<string, string>>, keyFile?: string) => ({ env, keyFile, keyFileFlag: "--rerank-key-file", variables: VARIABLES });

function fileWith(content: string): string {
  const folder = tempFolder();
  writeFiles(folder, { key: content });
  return join(folder, "key");
}

test("the first variable that has a key counts, and a server may need none", () => {
  expect(readProviderKey(options({})).key).toBeUndefined();
  const { key } = readProviderKey(options({ COHERE_API_KEY: " ", CO_API_KEY: " one ", RERANK_RERANK_KEY: "two" }));
  expect([key?.reveal(), key?.source]).toEqual(["one", "CO_API_KEY"]);
  expect(inspect(key) + JSON.stringify(key)).not.toContain("one");
});

test("a key file goes before variables, and holds one key", () => {
  const path = fileWith("# of the shop\nfrom-a-file\n");
  const { key } = readProviderKey(options({ COHERE_API_KEY: "one" }, path));
  expect([key?.reveal(), key?.source]).toEqual(["from-a-file", `${path}, line 2`]);
});

test.each([
  ["several keys", "first-key\nsecond-key\n", /holds 2 keys/],
  ["no key", "# nothing\n", /holds no key/],
  ["a key that no header can carry", "schlüssel-key\n", /cannot carry/],
])("a key file with %s is refused, without telling a key", (_what, content, message) => {
  const error = userErrorOf(() => readProviderKey(options({}, fileWith(content))));
  expect(error.message).toMatch(message);
  expect(`${error.message} ${error.hint}`).not.toMatch(/-key\b(?!-file)/);
});

test("an address with a password is refused, without telling it", () => {
  const error = userErrorOf(() => parseAddress("https://ann:hunter2@gpu.example/v1", "RERANK_RERANK_URL"));
  expect(`${error.message} ${error.hint}`).not.toMatch(/hunter2|ann/);
  expect(error.message).toMatch("RERANK_RERANK_URL has a user name or a password in it");
});

test.each(["gpu:8000", "ftp://gpu", "https://", ""])("%j is no address of a server", (address) => {
  expect(userErrorOf(() => parseAddress(address, "--rerank-url")).message).toBe("--rerank-url is no address of a server");
});

test.each(["rerankUrl", "embedUrl", "rerankKeyFile", "embedKeyFile", "plainHttp"])("a project's file cannot set %s: a cloned folder must not say where texts and keys go", async (key) => {
  const cwd = tempFolder();
  writeFiles(cwd, { ".rerankrc.json": JSON.stringify({ [key]: "https://evil.example" }) });
  const error = await userRejectionOf(resolveSettings({ flags: {}, env: {}, cwd, homeFolder: join(cwd, "nobody"), platform: "linux" }));
  expect(error.message).toMatch(`a project's file cannot set "${key}"`);
});
