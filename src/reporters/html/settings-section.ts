import type { Evaluation } from "../../pipeline/evaluation.ts";
import type { ModelStamp } from "../../pipeline/search-result.ts";
import { METHOD_NOTE, notesOf, settingFacts, sizeFacts } from "../evaluation-wording.ts";
import { shellWord } from "../shell-quote.ts";
import type { EvaluationReport } from "./evaluation-html.ts";
import { html, type Insert, type Markup } from "./markup.ts";
import { quoted, section } from "./page-parts.ts";

/** Models, settings and notes of all variants, and the command that gave these numbers. */
export function settingsSection({ evaluations, createdAt, version, command }: EvaluationReport): Markup {
  return section(
    "how",
    "How these numbers came about",
    evaluations.map((evaluation) => evaluationFacts(evaluation, evaluations.length > 1)),
    html`<dl class="facts">
<dt>Method</dt><dd>Measures as trec_eval computes them; ${METHOD_NOTE}.</dd>
<dt>Made</dt><dd><time datetime="${createdAt}">${dateText(createdAt)}</time>, by rerank ${version}</dd>
${command === undefined ? "" : commandFact(command)}
</dl>`,
  );
}

/** "21 November 2026, 18:03 UTC", or as it came where it is no date. */
export function dateText(createdAt: string): string {
  const time = new Date(createdAt);
  if (Number.isNaN(time.getTime())) return createdAt;
  return `${new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" }).format(time).replace(" at ", ", ")} UTC`;
}

function evaluationFacts(evaluation: Evaluation, isVariant: boolean): Markup {
  const { models } = evaluation;
  const notes = notesOf(evaluation);
  const facts: readonly (readonly [string, Insert])[] = [
    ["Dataset", html`${quoted(evaluation.dataset)}, ${sizeFacts(evaluation).join(", ")}`],
    ["Embedder", modelText(models.embedder)],
    ["Reranker", modelText(models.reranker)],
    ["Settings", settingFacts(evaluation).join(", ")],
    ...(notes.length === 0 ? [] : [["Notes", notes.map((note) => html`<p>${note}</p>`)] as const]),
  ];
  return html`${isVariant ? html`<h3>${quoted(evaluation.label)}</h3>` : ""}<dl class="facts">
${facts.filter(([, fact]) => fact !== "").map(([name, fact]) => html`<dt>${name}</dt><dd>${fact}</dd>\n`)}</dl>`;
}

function modelText(stamp: ModelStamp | null): Insert {
  if (stamp === null) return "";
  const { id, precision, revision, fingerprint } = stamp;
  return html`${quoted(id)}, ${precision} <small>revision ${revision.slice(0, 12)}, fingerprint ${fingerprint.slice(0, 12)}</small>`;
}

/** Lines break between words, not after the dashes of an option; spaces within a word are all kept. */
function commandFact(command: readonly string[]): Markup {
  const words = ["rerank", ...command.map(shellWord)].map((word, position) => html`${position === 0 ? "" : " "}<span>${word.split(/( )/)}</span>`);
  return html`<dt>Command</dt><dd><code>${words}</code></dd>`;
}
