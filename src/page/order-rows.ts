import { element, highlighted } from "./build-element.ts";
import type { FoundPassage, Judgment } from "./wire-types.ts";
import { formatMovement, formatPlace, formatRelevance, formatShortPlace, formatSimilarity, headingPath } from "./wording.ts";

/** A passage in one of the two orders. */
export interface OrderRow {
  readonly item: HTMLLIElement;
  readonly button: HTMLButtonElement;
  /** @param place from 0. */
  moveTo(place: number): void;
}

export interface FinalRow extends OrderRow {
  /** `undefined` where the reranker has not read it. */
  show(judgment: Judgment | undefined, places: number): void;
}

export function recallRow(passage: FoundPassage): OrderRow {
  const rank = element("span", { class: "rank" }, String(passage.recallRank));
  const score = element("span", { class: "score" }, unseen("similarity "), formatSimilarity(passage.similarity));
  const row = rowOf(passage, [rank], score);
  row.moveTo(passage.recallRank - 1);
  return row;
}

export function finalRow(passage: FoundPassage): FinalRow {
  const rank = element("span", { class: "rank" });
  const movement = element("span", { class: "movement" });
  const score = element("span", { class: "score" });
  const row = rowOf(passage, [rank, movement], score);
  let place = -1;
  let known: Judgment | undefined;
  return {
    ...row,
    moveTo(next) {
      if (next === place) return;
      place = next;
      rank.textContent = String(next + 1);
      row.moveTo(next);
    },
    show(judgment, places) {
      const { shown, spoken, kind } = formatMovement(places);
      movement.className = `movement ${judgment === undefined ? "same" : kind}`;
      movement.replaceChildren(element("span", { "aria-hidden": "true" }, judgment === undefined ? "" : shown), unseen(judgment === undefined ? "" : `${spoken} `));
      if (judgment === known && judgment !== undefined) return;
      known = judgment;
      row.item.classList.toggle("waiting", judgment === undefined);
      if (judgment === undefined) score.replaceChildren(element("span", { "aria-hidden": "true" }, "·"), unseen("not judged"));
      else score.replaceChildren(unseen("relevance "), formatRelevance(judgment.relevance), barOf(judgment.relevance));
    },
  };
}

function rowOf(passage: FoundPassage, left: readonly HTMLElement[], score: HTMLElement): OrderRow {
  const { text, highlights, clippedStart, clippedEnd } = passage.snippet;
  const place = element("span", { class: "place", title: formatPlace(passage) }, formatShortPlace(passage));
  const title = element("span", { class: "title" }, element("strong", {}, headingPath(passage)), " ", place);
  const snippet = element("span", { class: "snippet" }, clippedStart ? "… " : "", ...highlighted(text, highlights), clippedEnd ? " …" : "");
  // One stop for Tab in each order; arrows move within it.
  const button = element("button", { type: "button", class: "row", tabindex: "-1", "data-passage": String(passage.passageId) }, ...left, title, score, snippet);
  const item = element("li", {}, button);
  return { item, button, moveTo: (to) => item.style.setProperty("--at", String(to)) };
}

/** Says the same as the number beside it. */
function barOf(relevance: number): HTMLElement {
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", relevance.toFixed(4));
  return bar;
}

function unseen(text: string): HTMLElement {
  return element("span", { class: "unseen" }, text);
}
