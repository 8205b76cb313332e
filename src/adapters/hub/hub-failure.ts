import { UserError } from "../../domain/errors.ts";
import { TransientError } from "./transient-error.ts";

/** What a request asked for, to name it in errors. */
export interface Asked {
  readonly host: string;
  readonly repo: string;
  readonly revision: string;
  readonly path?: string;
  readonly hasToken: boolean;
}

/** What a status that is no success means for the user. */
export function hubFailure(response: Response, asked: Asked): UserError | TransientError {
  const { status, headers } = response;
  // The hub names the reason: RepoNotFound, RevisionNotFound, EntryNotFound, GatedRepo.
  const reason = headers.get("x-error-code") ?? "";
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const retryAfterMs = waitOf(headers.get("retry-after"));
    const meaning = status === 429 ? "is asked too often" : "has a fault of its own";
    return new TransientError(`${asked.host} ${meaning} (status ${status})`, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  if (status === 401 || status === 403) return refusal(status, reason, asked);
  if (status === 404 || status === 410) return missing(reason, asked);
  return new UserError(`${asked.host} answers with status ${status} for ${asked.path ?? asked.repo}`, {
    hint: "check HF_ENDPOINT, and the proxy if there is one",
  });
}

export function isWebPage({ headers }: Response): boolean {
  return /^(text\/html|application\/xhtml)/i.test(headers.get("content-type") ?? "");
}

function refusal(status: number, reason: string, { host, repo, hasToken }: Asked): UserError {
  if (reason === "GatedRepo") {
    return new UserError(`${repo} is gated: its owner lets only those in who have accepted its terms`, {
      hint: hasToken
        ? `accept the terms on https://${host}/${repo} with the account that the token belongs to`
        : `accept the terms on https://${host}/${repo}, then set HF_TOKEN to a token of that account`,
    });
  }
  if (hasToken) {
    return new UserError(`${host} refuses the token for ${repo} (status ${status})`, {
      hint: "the token may have expired, or lack the right to read this model: set HF_TOKEN to one that has it",
    });
  }
  // Without a login the hub answers the same for a model that is private and for one that does not exist.
  return new UserError(`${host} has no model ${repo}, or it is private (status ${status})`, {
    hint: "check the spelling; for a private model set HF_TOKEN",
  });
}

function missing(reason: string, { host, repo, revision, path }: Asked): UserError {
  if (reason === "RevisionNotFound") {
    return new UserError(`${repo} has no revision ${revision}`, { hint: "leave the revision out to take the newest" });
  }
  if (path !== undefined) {
    return new UserError(`${repo} has no file ${path} at ${revision.slice(0, 8)}`, { hint: "run the command again: the model may just have changed" });
  }
  return new UserError(`${host} has no model ${repo}`, { hint: "check the spelling; `rerank models list` shows the known ones" });
}

/** Milliseconds from a Retry-After header: seconds, or a date. */
function waitOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
