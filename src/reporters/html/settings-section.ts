import type { Evaluation } from "../../pipeline/evaluation.ts";
import type { ModelStamp } from "../../pipeline/search-result.ts";
import { METHOD_NOTE, notesOf, settingFacts, sizeFacts } from "../evaluation-wording.ts";
import { html, type Insert, type Markup } from "./markup.ts";
import { quoted, section } from "./page-parts.ts";

/** How `--compare` calls the settings as they are, beside a single variant. */
const AS_SET = "as set";

/** Models, settings and notes of all variants, and the command that gives these numbers again. */
export function settingsSection(evaluations: readonly Evaluation[], { createdAt, version }: { readonly createdAt: string; readonly version: string }): Markup {
  return section(
    "how",
    "How these numbers came about",
    evaluations.map((evaluation) => evaluationFacts(evaluation, evaluations.length > 1)),
    html`<dl class="facts">
<dt>Method</dt><dd>Measures as trec_eval computes them; ${METHOD_NOTE}.</dd>
<dt>Made</dt><dd><time datetime="${createdAt}">${dateText(createdAt)}</time>, by rerank ${version}</dd>
${commandFact(evaluations)}
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

function commandFact(evaluations: readonly Evaluation[]): Insert {
  const [first] = evaluations;
  if (first === undefined) return "";
  return html`<dt>Command</dt><dd><code>${commandOf(first, evaluations)}</code></dd>`;
}

/** The command that asks the same again. Run files have their numbers from elsewhere. */
function commandOf(first: Evaluation, evaluations: readonly Evaluation[]): string {
  const { dataset, models, settings: { depth, seed }, queries, stages } = first;
  const isComparison = evaluations.length > 1;
  if (models.embedder === null && models.reranker === null) {
    const runs = isComparison ? evaluations.map(({ label }) => label) : stages.map(({ name }) => name);
    return ["rerank eval", ...runs.map((run) => shellWord(`${run}.run`)), "--qrels qrels.txt --html report.html"].join(" ");
  }
  // What sets variants apart stands in their labels.
  const others = evaluations.map((evaluation) => new Set(settingFlags(evaluation).map(String)));
  const shared = settingFlags(first).filter((flag) => others.every((flags) => flags.has(String(flag))));
  const labels = evaluations.map(({ label }) => label).filter((label) => label !== AS_SET);
  const all = [
    ["rerank", "eval", dataset],
    ...(isComparison ? [["--compare", ...labels]] : []),
    ["--top", String(depth)],
    ...(seed === null ? [] : [["--queries", String(queries.length), "--seed", String(seed)]]),
    ...shared,
    ["--html", "report.html"],
  ];
  return all.flat().map(shellWord).join(" ");
}

function settingFlags({ models: { embedder, reranker }, settings }: Evaluation): string[][] {
  const { candidateCount, hybrid, recallMethod, instruction, passageTokens, overlapTokens } = settings;
  return [
    ...modelFlags(embedder, reranker),
    ...(candidateCount === null || candidateCount === 0 ? [] : [["--candidates", String(candidateCount)]]),
    ...(hybrid ? [["--hybrid"]] : []),
    ...(recallMethod === null ? [] : [["--recall", recallMethod]]),
    ...(instruction === null ? [] : [["--instruct", instruction]]),
    ...(passageTokens === null ? [] : [["--passage-tokens", String(passageTokens)]]),
    ...(overlapTokens === null ? [] : [["--overlap-tokens", String(overlapTokens)]]),
  ];
}

function modelFlags(embedder: ModelStamp | null, reranker: ModelStamp | null): string[][] {
  if (embedder !== null && reranker !== null && embedder.id === reranker.id) return [["--models", embedder.id]];
  return [...(embedder === null ? [] : [["--embedder", embedder.id]]), ...(reranker === null ? [["--no-rerank"]] : [["--reranker", reranker.id]])];
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
