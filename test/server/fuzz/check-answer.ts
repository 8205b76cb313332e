import type { DescribedRoute } from "./described-routes.ts";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Members that hold what a client sorts by, or computes with. */
const SCORES = /^(relevance_score|score|scores|ranked_scores|embedding)$/;
const STATUSES = new Set([200, 400, 404, 413, 415, 422]);

/** What is wrong with an answer to a request that a client made up. Models do not fail here, so that whatever is refused is the client's fault. */
export function faultsOf(route: Pick<DescribedRoute, "problemsOf">, { status, type, text }: Answer, sentTexts: readonly string[]): string[] {
  const faults = STATUSES.has(status) ? [] : [`status ${status}`];
  if (status === 200 && type.startsWith("text/event-stream")) return [...faults, ...eventFaults(text)];
  if (!type.startsWith("application/json")) faults.push(`content type ${type}`);
  const parsed = parseJson(text);
  if (parsed === undefined) return [...faults, `no JSON: ${text.slice(0, 80)}`];
  faults.push(...route.problemsOf(status, parsed.value), ...nullScores(parsed.value), ...orderFaults(parsed.value));
  if (status !== 200) faults.push(...errorFaults(status, parsed.value, sentTexts));
  return faults;
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // Told by the caller.
    return undefined;
  }
}

function eventFaults(text: string): string[] {
  const data = text.split("\n").filter((line) => line.startsWith("data: "));
  const faults = data.flatMap((line) => {
    const parsed = parseJson(line.slice("data: ".length));
    return parsed === undefined ? [`no JSON: ${line.slice(0, 80)}`] : nullScores(parsed.value);
  });
  return data.length === 0 ? [...faults, "no events"] : faults;
}

/** JSON has no NaN: it becomes null. */
function nullScores(value: unknown, name = ""): string[] {
  if (value === null) return SCORES.test(name) ? [`${name} is null`] : [];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, entry]) => nullScores(entry, Array.isArray(value) ? name : key));
}

/** Results come best first, each document once. */
function orderFaults(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (!Array.isArray(value)) return Object.values(value).flatMap(orderFaults);
  const results = value as readonly { readonly index?: unknown; readonly relevance_score?: unknown }[];
  if (!results.every((result) => typeof result?.relevance_score === "number")) return results.flatMap(orderFaults);
  const sorted = results.every(({ relevance_score: score }, place) => place === 0 || (score as number) <= (results[place - 1]?.relevance_score as number));
  const once = new Set(results.map(({ index }) => index)).size === results.length;
  return [...(sorted ? [] : ["results are not best first"]), ...(once ? [] : ["a document comes twice"])];
}

function errorFaults(status: number, body: unknown, sentTexts: readonly string[]): string[] {
  const faults: string[] = [];
  const text = JSON.stringify(body);
  const { error, message, detail, code } = body as { error?: unknown; message?: unknown; detail?: unknown; code?: unknown };
  const words = [typeof error === "string" ? error : (error as { message?: unknown } | undefined)?.message, message, detail].find((word) => typeof word === "string");
  if (words === undefined || words === "") faults.push(`an error without words: ${text}`);
  const inner = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  for (const number of [inner, code]) if (typeof number === "number" && number !== status) faults.push(`code ${number} in an answer of ${status}`);
  const told = sentTexts.find((sent) => text.includes(JSON.stringify(sent).slice(1, -1)));
  if (told !== undefined) faults.push(`an error repeats ${JSON.stringify(told.slice(0, 40))}`);
  if (/node_modules|\.ts:\d|\.js:\d|    at /.test(text)) faults.push("an error shows a stack");
  return faults;
}
