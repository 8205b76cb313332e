// Words that carry the grammar of a question rather than its subject. Terms are compared after stemming, hence "doe".
const ENGLISH =
  "a about an and any are as at be been being but by can could did do doe doing for from had ha have having he her hi how i " +
  "if in into is it its just me my no not of on or our over please shall she should so some than that the their them then there " +
  "these they thi this those to too u up us was wa we were what whats when where which while who whom whose why will with would you your";

// Chinese: particles and question words as the pairs of characters that they give.
const CHINESE = "的 了 吗 呢 吧 啊 呀 么 是 在 和 与 什么 么是 是什 怎么 么样 怎样 如何 为什 哪里 哪个 哪些 哪儿 是否 请问 一个 可以";

// Japanese: particles (a run of one kana), endings and question words.
const JAPANESE =
  "です ます でし まし した する して から まで とは には では ので のは のか のに この その あの どの これ それ あれ どれ ここ そこ どこ " +
  "なに なぜ いつ だれ どう こと もの ある いる ない など という とい いう ください せん んで すか ょう しょ はど がど こで";

const STOP_TERMS = new Set([...ENGLISH.split(" "), ...CHINESE.split(" "), ...JAPANESE.split(" ")]);

// Pairs that hold 的 and the like are seams between words (国的, 的首), but for these words, which are spelt with them.
const SEAM = /^(?:.[的是吗呢]|[的是吗呢].)$/u;
const NOT_SEAMS = new Set(["目的", "的确", "标的", "吗啡", "的士", "靶的", "中的", "是非"]);

const ONE_HIRAGANA = /^\p{Script=Hiragana}$/u;

export function isStopTerm(term: string): boolean {
  return STOP_TERMS.has(term) || ONE_HIRAGANA.test(term) || (SEAM.test(term) && !NOT_SEAMS.has(term));
}
