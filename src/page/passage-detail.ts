import { element, highlighted } from "./build-element.ts";
import type { FoundPassage, Judgment } from "./wire-types.ts";
import { formatMovement, formatPlace, formatRelevance, formatSimilarity, titleOf } from "./wording.ts";

export interface ShownPassage {
  readonly passage: FoundPassage;
  readonly judgment: Judgment | undefined;
  /** In the final order, from 1. */
  readonly rank: number;
}

/** Everything about one passage. */
export function fillDetail(section: HTMLElement, { passage, judgment, rank }: ShownPassage, onClose: () => void): void {
  const close = element("button", { type: "button", class: "close" }, "Close ", element("kbd", {}, "Esc"));
  close.addEventListener("click", onClose);
  const headings = passage.headings.slice(0, -1);
  const path = headings.length === 0 ? [] : [element("p", { class: "headings" }, headings.join(" › "))];
  const marks = judgment?.truncated === true ? [element("p", { class: "note" }, "The reranker read only the beginning of this passage.")] : [];
  section.replaceChildren(
    element("div", { class: "detail-bar" }, element("span", { class: "place" }, formatPlace(passage)), close),
    ...path,
    element("h2", {}, titleOf(passage)),
    element("dl", {}, ...factsOf({ passage, judgment, rank })),
    ...marks,
    element("p", { class: "text", dir: "auto" }, ...highlighted(passage.text, passage.highlights)),
  );
  section.scrollTop = 0;
}

function factsOf({ passage, judgment, rank }: ShownPassage): HTMLElement[] {
  const { shown, spoken } = formatMovement(passage.recallRank - rank);
  const facts: readonly (readonly [string, string])[] = [
    ["Recalled", `#${passage.recallRank}, similarity ${formatSimilarity(passage.similarity)}`],
    ["Final", `#${rank}, ${shown === "=" ? spoken : `${shown} ${spoken}`}`],
    ["Relevance", judgment === undefined ? "not judged" : `${formatRelevance(judgment.relevance)} (logit ${judgment.logit.toFixed(2).replace("-", "−")})`],
  ];
  return facts.map(([term, fact]) => element("div", {}, element("dt", {}, term), element("dd", {}, fact)));
}
