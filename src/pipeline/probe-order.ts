import type { Embedder } from "../ports/embedder.ts";
import type { Reranker } from "../ports/reranker.ts";

interface KnownAnswer {
  readonly language: "en" | "zh";
  readonly query: string;
  readonly right: string;
  /** About something else, and about the same thing without an answer. */
  readonly wrong: readonly string[];
}

/**
 * Questions whose answer nobody disputes, with passages that share their words and do not answer. A model that reads them as it was
 * trained has them all in order, the smallest too; with a template twice, or with none, the margins shrink and the order breaks.
 */
const KNOWN_ANSWERS: readonly KnownAnswer[] = [
  {
    language: "en",
    query: "how do I remove limescale from a kettle",
    right: "Fill the kettle with equal parts of vinegar and water, bring it to the boil, leave it for an hour and rinse: the limescale comes off.",
    wrong: ["The kettle is made of stainless steel and holds 1.7 litres.", "The museum is closed on Mondays and on public holidays."],
  },
  {
    language: "en",
    query: "what is the capital of Australia",
    right: "Canberra is the capital of Australia, and the seat of its government.",
    wrong: ["Sydney's opera house is the best known building of Australia.", "Water boils at a lower temperature in the mountains."],
  },
  {
    language: "en",
    query: "why do leaves turn yellow in autumn",
    right: "Leaves turn yellow because trees break down their green chlorophyll before winter, and the yellow pigments beneath it can be seen.",
    wrong: ["The gardener rakes the fallen leaves into a heap every autumn.", "The train to Lyon leaves from platform four."],
  },
  {
    language: "zh",
    query: "怎么去除水壶里的水垢",
    right: "在水壶中倒入等量的白醋和清水，烧开后静置一小时再冲洗，水垢就会脱落。",
    wrong: ["这款水壶采用不锈钢材质，容量为1.7升。", "博物馆每周一闭馆，节假日照常开放。"],
  },
  {
    language: "zh",
    query: "中国的首都是哪座城市",
    right: "北京是中华人民共和国的首都，也是全国的政治和文化中心。",
    wrong: ["上海是中国人口最多的城市之一，港口吞吐量很大。", "高山上的水在较低的温度下就会沸腾。"],
  },
];

export interface ProbedAnswer {
  readonly language: "en" | "zh";
  readonly query: string;
  /** By how much the right passage is ahead of the best wrong one, in cosine or in logits; not above 0 where it is not. */
  readonly margin: number;
}

export interface ProbedOrder {
  /** The right passage comes first everywhere. */
  readonly isOrdered: boolean;
  /** The smallest of all margins. */
  readonly leastMargin: number;
  readonly answers: readonly ProbedAnswer[];
}

export interface ProbeOrderOptions {
  readonly embedder?: Embedder | undefined;
  readonly reranker?: Reranker | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether models put known answers first, in English and in Chinese: what a wrong template, or a model of another kind behind an address,
 * spoils. Says nothing about how good a model is. Models of English alone may fail the Chinese ones.
 *
 * Rejects as the ports do.
 */
export async function probeOrder({ embedder, reranker, signal }: ProbeOrderOptions): Promise<{ readonly embedder: ProbedOrder | undefined; readonly reranker: ProbedOrder | undefined }> {
  const options = signal === undefined ? {} : { signal };
  return {
    embedder: embedder && summarize(await embedderMargins(embedder, options)),
    reranker: reranker && summarize(await rerankerMargins(reranker, options)),
  };
}

async function embedderMargins(embedder: Embedder, options: { readonly signal?: AbortSignal }): Promise<number[]> {
  const passages = KNOWN_ANSWERS.flatMap(({ right, wrong }) => [right, ...wrong]);
  const vectors = (await embedder.embedPassages(passages, options)).map(({ vector }) => vector);
  const margins: number[] = [];
  for (const { query, wrong } of KNOWN_ANSWERS) {
    const { vector } = await embedder.embedQuery(query, options);
    margins.push(marginOf(vectors.splice(0, 1 + wrong.length).map((passage) => cosine(vector, passage))));
  }
  return margins;
}

async function rerankerMargins(reranker: Reranker, options: { readonly signal?: AbortSignal }): Promise<number[]> {
  const margins: number[] = [];
  for (const { query, right, wrong } of KNOWN_ANSWERS) {
    // The right one is not the first: servers that answer in the order of the request would pass.
    const judgments = await reranker.score(query, [...wrong, right], options);
    margins.push(marginOf(judgments.map(({ logit }) => logit).reverse()));
  }
  return margins;
}

function marginOf([right = Number.NaN, ...wrong]: readonly number[]): number {
  return right - Math.max(...wrong);
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

function summarize(margins: readonly number[]): ProbedOrder {
  const answers = KNOWN_ANSWERS.map(({ language, query }, at) => ({ language, query, margin: margins[at] ?? Number.NaN }));
  return { isOrdered: answers.every(({ margin }) => margin > 0), leastMargin: Math.min(...margins), answers };
}
