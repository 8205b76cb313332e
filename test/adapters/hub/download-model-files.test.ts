import { createHash, randomBytes } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { downloadModelFiles, type DownloadOptions } from "../../../src/adapters/hub/download-model-files.ts";
import type { DownloadProgress } from "../../../src/adapters/hub/download-tally.ts";
import { UserError } from "../../../src/domain/errors.ts";
import { COMMIT, failTimes, isContent, startHubServer, tagOf, type HubModel, type HubServer } from "../../support/hub-server.ts";

const WEIGHTS = randomBytes(300_000);
const MODEL: HubModel = {
  repo: "acme/tiny",
  files: { "config.json": '{"model_type":"bert"}', "tokenizer.json": "{}", "onnx/model.onnx": WEIGHTS, "README.md": "# tiny" },
  largeFiles: ["onnx/model.onnx"],
};
const WANTED = ["config.json", "onnx/model.onnx"];
const BLOB = tagOf(WEIGHTS, true);

let cacheFolder: string;
let hub: HubServer;

beforeEach(async () => {
  cacheFolder = mkdtempSync(join(tmpdir(), "rerank-hub-"));
  hub = await startHubServer(MODEL);
});

afterEach(async () => {
  await hub.close();
  rmSync(cacheFolder, { recursive: true, force: true });
});

function options(more: Partial<DownloadOptions> = {}): DownloadOptions {
  return {
    endpoint: hub.endpoint,
    cacheFolder,
    offline: false,
    repo: MODEL.repo,
    revision: "main",
    wanted: (paths) => paths.filter((path) => WANTED.includes(path)),
    retries: { attempts: 4, baseDelayMs: 5, maxDelayMs: 2_000 },
    ...more,
  };
}

const repoFolder = (): string => join(cacheFolder, "models--acme--tiny");
const blobPath = (): string => join(repoFolder(), "blobs", BLOB);
const pointerPath = (): string => join(repoFolder(), "snapshots", COMMIT, "onnx", "model.onnx");

async function failure(promise: Promise<unknown>): Promise<UserError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

/** Sends half of the file, then cuts the connection. */
function cutHalfway(times: number): (request: { method: string; url: string }, response: import("node:http").ServerResponse) => boolean {
  let left = times;
  return (request, response) => {
    if (left === 0 || !isContent("onnx/model.onnx")(request as never)) return false;
    left -= 1;
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": WEIGHTS.length });
    response.write(WEIGHTS.subarray(0, WEIGHTS.length / 2), () => setTimeout(() => response.destroy(), 30));
    return true;
  };
}

describe("bringing files", () => {
  test("lays them out as huggingface_hub does: blobs, a snapshot of relative links, a reference", async () => {
    const { folder, commit, files } = await downloadModelFiles(options());
    expect(commit).toBe(COMMIT);
    expect(folder).toBe(join(repoFolder(), "snapshots", COMMIT));
    expect(files).toEqual([
      { path: "config.json", sizeBytes: 21, reused: false },
      { path: "onnx/model.onnx", sizeBytes: WEIGHTS.length, reused: false },
    ]);
    expect(readFileSync(join(repoFolder(), "refs", "main"), "utf8")).toBe(COMMIT);
    expect(readlinkSync(pointerPath())).toBe(join("..", "..", "..", "blobs", BLOB));
    expect(readFileSync(pointerPath()).equals(WEIGHTS)).toBe(true);
    expect(readdirSync(join(repoFolder(), "blobs")).sort()).toEqual([BLOB, tagOf('{"model_type":"bert"}', false)].sort());
  });

  test("brings only what is wanted, and says what the hub has to whoever picks", async () => {
    const offered: string[][] = [];
    await downloadModelFiles(options({ wanted: (paths) => (offered.push([...paths]), ["tokenizer.json"]) }));
    expect(offered).toEqual([Object.keys(MODEL.files)]);
    expect(hub.contentRequests("onnx/model.onnx")).toEqual([]);
    expect(readdirSync(join(repoFolder(), "snapshots", COMMIT))).toEqual(["tokenizer.json"]);
  });

  test("reuses what is there, whoever brought it", async () => {
    await downloadModelFiles(options());
    const before = lstatSync(blobPath()).ino;
    const again = await downloadModelFiles(options());
    expect(again.files.every(({ reused }) => reused)).toBe(true);
    expect(hub.contentRequests("onnx/model.onnx")).toHaveLength(1);
    expect(lstatSync(blobPath()).ino).toBe(before);
  });

  test("links a blob that another revision brought, without a transfer", async () => {
    mkdirSync(join(repoFolder(), "blobs"), { recursive: true });
    writeFileSync(blobPath(), WEIGHTS);
    await downloadModelFiles(options());
    expect(hub.contentRequests("onnx/model.onnx")).toEqual([]);
    expect(readFileSync(pointerPath()).equals(WEIGHTS)).toBe(true);
  });

  test("brings a truncated blob anew", async () => {
    mkdirSync(join(repoFolder(), "blobs"), { recursive: true });
    writeFileSync(blobPath(), WEIGHTS.subarray(0, 10));
    await downloadModelFiles(options());
    expect(readFileSync(pointerPath()).equals(WEIGHTS)).toBe(true);
  });

  test("counts bytes up to the total", async () => {
    const seen: DownloadProgress[] = [];
    await downloadModelFiles(options({ onProgress: (progress) => seen.push(progress) }));
    const totalBytes = WEIGHTS.length + 21;
    expect(seen.every((progress) => progress.totalBytes === totalBytes && progress.reusedBytes === 0)).toBe(true);
    expect(seen.at(-1)).toMatchObject({ doneBytes: totalBytes });
    expect(seen.map(({ state }) => state)).toContain("checking");
  });

  test("a pinned commit writes no reference", async () => {
    await downloadModelFiles(options({ revision: COMMIT }));
    expect(existsSync(join(repoFolder(), "refs"))).toBe(false);
  });
});

describe("interrupted downloads", () => {
  test("a connection that is cut goes on where it was cut", async () => {
    hub.faults.push(cutHalfway(1));
    const details: string[] = [];
    await downloadModelFiles(options({ onProgress: ({ detail }) => detail !== undefined && details.push(detail) }));
    expect(hub.contentRequests("onnx/model.onnx").map(({ range }) => range)).toEqual([undefined, `bytes=${WEIGHTS.length / 2}-`]);
    expect(readFileSync(pointerPath()).equals(WEIGHTS)).toBe(true);
    expect(details.join()).toContain("trying again");
  });

  test("cancelling keeps the part, and the next run goes on from it", async () => {
    const controller = new AbortController();
    const onProgress = ({ doneBytes }: DownloadProgress): void => {
      if (doneBytes > 30_000) controller.abort(new Error("Ctrl-C"));
    };
    hub.faults.push(cutHalfway(1));
    await expect(downloadModelFiles(options({ signal: controller.signal, onProgress }))).rejects.toThrow("Ctrl-C");
    const kept = lstatSync(`${blobPath()}.incomplete`).size;
    expect(kept).toBeGreaterThan(0);
    expect(existsSync(join(repoFolder(), "refs", "main"))).toBe(false);

    const seen: DownloadProgress[] = [];
    await downloadModelFiles(options({ onProgress: (progress) => seen.push(progress) }));
    expect(hub.contentRequests("onnx/model.onnx").at(-1)?.range).toBe(`bytes=${kept}-`);
    expect(seen[0]?.reusedBytes).toBe(kept + 21);
    expect(readFileSync(pointerPath()).equals(WEIGHTS)).toBe(true);
    expect(readdirSync(join(repoFolder(), "blobs")).filter((name) => name.endsWith(".incomplete"))).toEqual([]);
  });

  test("a server that ignores ranges makes it start anew", async () => {
    await hub.close();
    hub = await startHubServer(MODEL, { ignoresRange: true });
    mkdirSync(join(repoFolder(), "blobs"), { recursive: true });
    writeFileSync(`${blobPath()}.incomplete`, WEIGHTS.subarray(0, 1000));
    await downloadModelFiles(options());
    expect(hub.contentRequests("onnx/model.onnx")[0]?.range).toBe("bytes=1000-");
    expect(readFileSync(pointerPath()).equals(WEIGHTS)).toBe(true);
  });

  test("a part that belongs to other content is thrown away after its digest is seen", async () => {
    mkdirSync(join(repoFolder(), "blobs"), { recursive: true });
    writeFileSync(`${blobPath()}.incomplete`, randomBytes(5000));
    await downloadModelFiles(options());
    expect(hub.contentRequests("onnx/model.onnx").map(({ range }) => range)).toEqual(["bytes=5000-", undefined]);
    expect(readFileSync(pointerPath()).equals(WEIGHTS)).toBe(true);
  });

  test("a part that is longer than the file starts anew", async () => {
    mkdirSync(join(repoFolder(), "blobs"), { recursive: true });
    writeFileSync(`${blobPath()}.incomplete`, randomBytes(WEIGHTS.length + 1));
    await downloadModelFiles(options());
    expect(readFileSync(pointerPath()).equals(WEIGHTS)).toBe(true);
  });

  test("a server that falls silent counts as cut", async () => {
    let silent = true;
    hub.faults.push((request, response) => {
      if (!silent || !isContent("onnx/model.onnx")(request)) return false;
      silent = false;
      response.writeHead(200, { "content-length": WEIGHTS.length });
      response.write(WEIGHTS.subarray(0, 1000));
      return true;
    });
    await downloadModelFiles(options({ idleTimeoutMs: 200 }));
    expect(readFileSync(pointerPath()).equals(WEIGHTS)).toBe(true);
  });

  test("two runs at once bring each file once", async () => {
    const states: string[] = [];
    const slow = options({ onProgress: ({ state }) => states.push(state) });
    await Promise.all([downloadModelFiles(slow), downloadModelFiles(slow), downloadModelFiles(slow)]);
    expect(hub.contentRequests("onnx/model.onnx")).toHaveLength(1);
    expect(hub.contentRequests("config.json")).toHaveLength(1);
    expect(states).toContain("waiting");
    expect(readdirSync(join(cacheFolder, ".locks", "models--acme--tiny"))).toEqual([]);
  });

  test("the lock of a process that died holds nobody up", async () => {
    const folder = join(cacheFolder, ".locks", "models--acme--tiny");
    mkdirSync(folder, { recursive: true });
    // No process has this number: Linux and macOS stop far below it.
    writeFileSync(join(folder, `${BLOB}.rerank-lock`), JSON.stringify({ pid: 2 ** 30, host: (await import("node:os")).hostname() }));
    await downloadModelFiles(options());
    expect(existsSync(pointerPath())).toBe(true);
  });
});

describe("a hub that fails", () => {
  test("two server faults in a row are waited out", async () => {
    hub.faults.push(failTimes(2, isContent("onnx/model.onnx"), 500), failTimes(2, ({ url }) => url.startsWith("/api/"), 503));
    await downloadModelFiles(options());
    expect(hub.contentRequests("onnx/model.onnx")).toHaveLength(3);
  });

  test("a fault that stays is an error that says so", async () => {
    hub.faults.push(failTimes(99, isContent("onnx/model.onnx"), 502));
    const error = await failure(downloadModelFiles(options()));
    expect(error.message).toContain("status 502");
    expect(error.hint).toContain("kept");
    expect(hub.contentRequests("onnx/model.onnx")).toHaveLength(4);
  });

  test("waits as long as the hub asks for", async () => {
    hub.faults.push(failTimes(1, isContent("onnx/model.onnx"), 429, { "retry-after": "1" }));
    const details: string[] = [];
    const started = Date.now();
    await downloadModelFiles(options({ onProgress: ({ detail }) => detail !== undefined && details.push(detail) }));
    expect(Date.now() - started).toBeGreaterThanOrEqual(990);
    expect(details.join()).toContain("asked too often");
  });

  test("a wait that is too long is an error at once", async () => {
    hub.faults.push(failTimes(1, isContent("onnx/model.onnx"), 429, { "retry-after": "3600" }));
    expect((await failure(downloadModelFiles(options()))).hint).toContain("in 3600 s");
  });

  test.each([
    ["RepoNotFound", 404, "has no model acme/tiny", "check the spelling"],
    ["RevisionNotFound", 404, "acme/tiny has no revision main", "newest"],
    ["RepoNotFound", 401, "or it is private", "HF_TOKEN"],
    ["GatedRepo", 403, "is gated", "accept the terms"],
  ])("%s with status %i names the remedy", async (code, status, message, hint) => {
    hub.faults.push(failTimes(1, ({ url }) => url.startsWith("/api/"), status, { "x-error-code": code }));
    const error = await failure(downloadModelFiles(options()));
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  test("a refused token is told apart from a missing one", async () => {
    hub.faults.push(failTimes(1, ({ url }) => url.startsWith("/api/"), 401));
    expect((await failure(downloadModelFiles(options({ token: "hf_old" })))).message).toContain("refuses the token");
  });

  test("a file that the hub lists and does not have is named", async () => {
    hub.faults.push(failTimes(1, ({ method }) => method === "HEAD", 404, { "x-error-code": "EntryNotFound" }));
    expect((await failure(downloadModelFiles(options()))).message).toContain("config.json");
  });

  test.each([["the list of files", "/api/"], ["a file", "/resolve/"]])("a web page in place of %s is an error", async (_what, part) => {
    hub.faults.push(({ url, method }, response) => {
      if (!url.includes(part) || method === "HEAD") return false;
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<html>Please log in</html>");
      return true;
    });
    expect((await failure(downloadModelFiles(options()))).message).toContain("web page");
    expect(existsSync(blobPath())).toBe(false);
  });

  test("content with a wrong digest never gets the file's name", async () => {
    hub.faults.push((request, response) => {
      if (!isContent("onnx/model.onnx")(request)) return false;
      response.writeHead(200, { "content-length": WEIGHTS.length }).end(Buffer.alloc(WEIGHTS.length));
      return true;
    });
    const error = await failure(downloadModelFiles(options()));
    expect(error.message).toContain("damaged");
    expect(readdirSync(join(repoFolder(), "blobs"))).toEqual([tagOf('{"model_type":"bert"}', false)]);
    expect(hub.contentRequests("onnx/model.onnx")).toHaveLength(2);
  });

  test("a small file is checked against git's hash", async () => {
    hub.faults.push((request, response) => {
      if (!isContent("config.json")(request)) return false;
      response.writeHead(200, { "content-length": 21 }).end('{"model_type":"gpt2"}');
      return true;
    });
    expect((await failure(downloadModelFiles(options()))).message).toContain("config.json arrives damaged");
  });

  test("a failed update leaves the model that was there as it was", async () => {
    await downloadModelFiles(options());
    const newCommit = "f".repeat(40);
    await hub.close();
    hub = await startHubServer({ ...MODEL, commit: newCommit, files: { ...MODEL.files, "onnx/model.onnx": randomBytes(1000) } });
    hub.faults.push(failTimes(99, isContent("onnx/model.onnx"), 500));
    await failure(downloadModelFiles(options()));
    expect(readFileSync(join(repoFolder(), "refs", "main"), "utf8")).toBe(COMMIT);
    expect(readFileSync(pointerPath()).equals(WEIGHTS)).toBe(true);
  });

  test("a host that does not answer is named, with the remedies", async () => {
    await hub.close();
    const error = await failure(downloadModelFiles(options()));
    expect(error.message).toMatch(/127\.0\.0\.1:\d+ failed: it refuses connections/);
    expect(error.hint).toContain("HF_ENDPOINT");
  });

  test("a model larger than the disk is refused before the first byte", async () => {
    hub.faults.push(({ method, url }, response) => {
      if (method !== "HEAD" || !url.endsWith("model.onnx")) return false;
      response.writeHead(200, { "x-linked-etag": `"${BLOB}"`, "x-linked-size": String(10 ** 15) }).end();
      return true;
    });
    const error = await failure(downloadModelFiles(options()));
    expect(error.message).toContain("needs 1000000 GB");
    expect(hub.contentRequests("config.json")).toEqual([]);
  });

  test("a cache that cannot be written is the user's to mend", async () => {
    const file = join(cacheFolder, "not-a-folder");
    writeFileSync(file, "");
    expect((await failure(downloadModelFiles(options({ cacheFolder: file })))).hint).toContain("HF_HUB_CACHE");
  });

  test("paths that lead out of the folder are not offered", async () => {
    await hub.close();
    hub = await startHubServer({ ...MODEL, files: { "../../evil": "x", "a/../b": "x", "/etc/passwd": "x", "c\\d": "x", "good.json": "{}" } });
    const offered: string[] = [];
    await downloadModelFiles(options({ wanted: (paths) => (offered.push(...paths), []) }));
    expect(offered).toEqual(["good.json"]);
  });
});

describe("redirects and tokens", () => {
  test("the token goes to the hub and never along to another host", async () => {
    const content = await startHubServer(MODEL);
    const front = await startHubServer(MODEL, { contentEndpoint: () => content.endpoint });
    try {
      await downloadModelFiles(options({ endpoint: front.endpoint, token: "hf_secret" }));
      expect(front.requests.every(({ authorization }) => authorization === "Bearer hf_secret")).toBe(true);
      expect(content.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
      expect(createHash("sha256").update(readFileSync(pointerPath())).digest("hex")).toBe(BLOB);
    } finally {
      await Promise.all([front.close(), content.close()]);
    }
  });

  test("a circle of redirects ends", async () => {
    hub.faults.push(({ url }, response) => {
      response.writeHead(307, { location: url }).end();
      return true;
    });
    expect((await failure(downloadModelFiles(options()))).message).toContain("circle");
  });

  test("a token with a line break is refused before any request", async () => {
    await failure(downloadModelFiles(options({ token: "hf_x\nevil: 1" })));
    expect(hub.requests).toEqual([]);
  });
});

describe("offline", () => {
  test("answers from the cache without a request", async () => {
    await downloadModelFiles(options());
    const before = hub.requests.length;
    const { files, commit } = await downloadModelFiles(options({ offline: true }));
    expect({ files: files.map(({ path }) => path).sort(), commit }).toEqual({ files: WANTED, commit: COMMIT });
    expect(hub.requests).toHaveLength(before);
  });

  test("says what forbids the download of a model that is not here", async () => {
    const error = await failure(downloadModelFiles(options({ offline: true })));
    expect(error.message).toContain("HF_HUB_OFFLINE");
    expect(hub.requests).toEqual([]);
  });
});
