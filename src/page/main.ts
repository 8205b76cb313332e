import { byId, element } from "./build-element.ts";
import { listenToKeys } from "./page-keys.ts";
import { showOrders, type OrdersView } from "./orders-view.ts";
import { describeIndex, forgetKey, hasKey, keepKey, search, ServerProblem } from "./search-server.ts";
import type { IndexDescription, SearchMessage } from "./wire-types.ts";
import { announcementOf, formatAbout, formatRecallTimes, formatTimings, titleOf, whoReadsInstructions } from "./wording.ts";

const form = byId("form", HTMLFormElement);
const query = byId("query", HTMLInputElement);
const instruction = byId("instruction", HTMLInputElement);
const candidates = byId("candidates", HTMLInputElement);
const hybrid = byId("hybrid", HTMLInputElement);
const stop = byId("stop", HTMLButtonElement);
const start = byId("start", HTMLButtonElement);
const timings = byId("timings", HTMLElement);
const problem = byId("problem", HTMLElement);
const empty = byId("empty", HTMLElement);
const orders = byId("orders", HTMLElement);
const keyForm = byId("key-form", HTMLFormElement);
const key = byId("key", HTMLInputElement);

let description: IndexDescription | undefined;
let running: AbortController | undefined;
let view: OrdersView | undefined;

/** Read aloud, once it has changed. */
function announce(text: string): void {
  byId("announcement", HTMLElement).textContent = text;
}

function showProblem(text: string | undefined, ...more: HTMLElement[]): void {
  problem.hidden = text === undefined;
  problem.replaceChildren(...(text === undefined ? [] : [element("p", {}, text), ...more]));
}

async function look(): Promise<boolean> {
  try {
    description = await describeIndex();
  } catch (error) {
    tellProblem(error);
    return false;
  }
  byId("about", HTMLElement).textContent = formatAbout(description);
  const { isRead, note } = whoReadsInstructions(description);
  instruction.disabled = !isRead;
  instruction.placeholder = note;
  candidates.max = String(description.maxCandidates);
  if (candidates.value === "") {
    candidates.value = String(description.defaults.candidates);
    hybrid.checked = description.defaults.hybrid;
  }
  keyForm.hidden = true;
  showProblem(undefined);
  return true;
}

function tellProblem(error: unknown): void {
  if (!(error instanceof ServerProblem)) throw error;
  if (error.status === 401) {
    showProblem(hasKey() ? "This key is not accepted." : undefined);
    forgetKey();
    keyForm.hidden = false;
    key.focus();
    return announce("The server asks for a key.");
  }
  const wait = error.retryAfterSeconds === undefined ? "" : ` Try again in ${error.retryAfterSeconds} s.`;
  const sentence = `${error.message.slice(0, 1).toUpperCase()}${error.message.slice(1)}.${wait}`;
  if (error.status !== 404 || description !== undefined) return showProblem(sentence);
  const again = element("button", { type: "button" }, "Look again");
  again.addEventListener("click", () => void look());
  showProblem("There is no index here yet.", element("p", {}, "Make one in the server's folder: ", element("code", {}, "rerank index <folder>")), again);
}

async function run(): Promise<void> {
  running?.abort();
  const mine = (running = new AbortController());
  stop.hidden = false;
  start.hidden = true;
  showProblem(undefined);
  timings.hidden = false;
  timings.textContent = "embedding the query …";
  announce("Searching.");
  try {
    if (description === undefined && !(await look())) return;
    const wish = { query: query.value, instruction: instruction.value, candidates: candidates.valueAsNumber || description?.defaults.candidates || 50, hybrid: hybrid.checked };
    for await (const message of search(wish, mine.signal)) {
      if (running !== mine) return;
      show(message);
    }
    // Now that they have loaded, it is known where the models run.
    void describeIndex().then((now) => (byId("about", HTMLElement).textContent = formatAbout(now)), () => {});
  } catch (error) {
    if (running !== mine) return;
    if (mine.signal.aborted) stopped();
    else {
      timings.hidden = view === undefined;
      tellProblem(error);
    }
  } finally {
    if (running === mine) {
      running = undefined;
      stop.hidden = true;
      start.hidden = false;
      orders.classList.remove("moving");
    }
  }
}

let recallTimes: readonly string[] = [];
let total = 0;

function show(message: SearchMessage): void {
  switch (message.event) {
    case "recalled": {
      const { candidates: found, willRerank } = message.data;
      byId("final-score", HTMLElement).textContent = willRerank ? "relevance" : "not reranked";
      recallTimes = formatRecallTimes(message.data.timings);
      total = found.length;
      empty.hidden = true;
      orders.hidden = found.length === 0;
      orders.classList.add("moving");
      view = showOrders(found, (passage) => announce(titleOf(passage)));
      timings.textContent = [...recallTimes, ...(willRerank && total > 0 ? [`rerank 0 of ${total}`] : [])].join(" · ");
      announce(found.length === 0 ? "Nothing was found." : `${found.length} passages recalled.`);
      return;
    }
    case "judged":
      view?.judge(message.data.judgments);
      timings.textContent = [...recallTimes, `rerank ${message.data.done} of ${message.data.total} …`].join(" · ");
      return;
    case "rerank-failed":
      view?.dropJudgments();
      byId("final-score", HTMLElement).textContent = "not reranked";
      timings.textContent = recallTimes.join(" · ");
      return;
    case "result": {
      const { results, partial, judged, notices } = message.data;
      view?.settle(new Map(results.map(({ passageId, rank }) => [passageId, rank])));
      timings.textContent = formatTimings(message.data);
      for (const notice of [...(partial ? [`partial: ${judged} of ${total} judged`] : []), ...notices]) timings.append(" · ", element("span", { class: "mark" }, notice));
      announce(announcementOf(message.data, total));
      if (total === 0) timings.append(" · nothing was found");
      return;
    }
    case "error":
      view?.settle();
      timings.textContent = [...recallTimes, ...(view === undefined ? [] : [`rerank ${view.judged} of ${total}`])].join(" · ");
      throw new ServerProblem(500, message.data.message);
  }
}

function stopped(): void {
  if (view === undefined || orders.hidden) timings.textContent = "stopped";
  else {
    view.settle();
    timings.replaceChildren([...recallTimes, `rerank ${view.judged} of ${total}`].join(" · "), " · ", element("span", { class: "mark" }, "stopped: the best order so far"));
  }
  announce("Stopped.");
}

/** The query stands behind #, which browsers send to nobody. */
function queryOfAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get("q") ?? "";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (query.value.trim() === "") return query.focus();
  const hash = `#${new URLSearchParams({ q: query.value }).toString()}`;
  if (hash !== location.hash) history.pushState(null, "", hash);
  void run();
});
addEventListener("popstate", () => {
  query.value = queryOfAddress();
  if (query.value !== "") void run();
});
stop.addEventListener("click", () => running?.abort());
keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(key.value);
  key.value = "";
  void look().then((isOpen) => {
    if (isOpen && query.value !== "") void run();
    else if (isOpen) query.focus();
  });
});
listenToKeys({
  query,
  isRunning: () => running !== undefined,
  stop: () => running?.abort(),
  view: () => (orders.hidden ? undefined : view),
});

query.value = queryOfAddress();
query.focus();
void look().then((isOpen) => {
  if (isOpen && query.value !== "") void run();
});
