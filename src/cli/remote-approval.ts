import { createInterface } from "node:readline/promises";
import type { Readable } from "node:stream";
import { UserError } from "../domain/errors.ts";
import type { RemoteSpec } from "../domain/model-spec.ts";
import type { EmbeddingEstimate } from "../pipeline/estimate-index.ts";
import { counted, formatCount } from "../reporters/format-numbers.ts";

/** Asked once, before the first text leaves this machine. Rejects with UserError where it is not to leave. */
export type ApproveSending = (estimate: EmbeddingEstimate, embedder: RemoteSpec) => Promise<void>;

export interface ApprovalOptions {
  /** See the setting. */
  readonly askTokens: number;
  readonly onNotice: (line: string) => void;
  /** Who can be asked: absent, nobody. */
  readonly terminal?: { readonly stdin: Readable & { readonly isTTY?: boolean }; readonly stderr: NodeJS.WriteStream; readonly signal: AbortSignal };
}

/**
 * Tells how much would be sent where, and lets a person decide above `askTokens`; where nobody can be asked, more than that is an error:
 * a script that was written for a hundred notes must not send a hundred thousand.
 */
export function approveSending({ askTokens, onNotice, terminal }: ApprovalOptions): ApproveSending {
  return async ({ passages, tokens }, { id, url }) => {
    if (passages === 0) return;
    const what = `about ${formatCount(tokens)} tokens (${counted(passages, "passage")}) to ${new URL(url).host}`;
    if (tokens <= askTokens) {
      onNotice(`sending ${what}, for ${id}`);
      return;
    }
    const isAsked = terminal?.stdin.isTTY === true && terminal.stderr.isTTY;
    if (!isAsked) {
      throw new UserError(`this would send ${what}, and more than ${formatCount(askTokens)} are not sent unasked`, {
        hint: `allow it: --ask-tokens ${tokens}, or RERANK_ASK_TOKENS=${tokens}`,
      });
    }
    if (!(await ask(`rerank: send ${what}, for ${id}? [y/N] `, terminal))) throw new UserError("nothing was sent", { hint: "ask later, or for less: rerank index <folder>" });
  };
}

async function ask(question: string, { stdin, stderr, signal }: NonNullable<ApprovalOptions["terminal"]>): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    // Ctrl-C reaches readline, which would swallow it, and not the process.
    lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    const answer = await Promise.race([lines.question(question, { signal }), closed]);
    return /^\s*y(es)?\s*$/i.test(answer);
  } finally {
    lines.close();
  }
}
