import type { Conditions, LinePromptKind } from "./screen-state.ts";

/** More candidates than this take minutes with any model. */
const MOST_CANDIDATES = 1000;

/** The conditions after a prompt was answered. An empty line takes a condition away. */
export function conditionsFrom(
  conditions: Conditions,
  kind: LinePromptKind,
  typed: string,
): { readonly conditions: Conditions } | { readonly mistake: string; readonly hint: string } {
  const text = typed.trim();
  if (kind === "instruction") return { conditions: { ...conditions, instruction: text === "" ? undefined : text } };
  if (kind === "filter") return { conditions: { ...conditions, pathGlob: text === "" ? undefined : text } };
  const candidateCount = Number(text);
  if (!/^\d+$/.test(text) || candidateCount < 1 || candidateCount > MOST_CANDIDATES) {
    return { mistake: `"${text}" is no number of candidates`, hint: `a whole number from 1 to ${MOST_CANDIDATES}` };
  }
  return { conditions: { ...conditions, candidateCount } };
}
