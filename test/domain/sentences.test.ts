import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitSentences } from "../../src/domain/sentences.ts";

function sentencesOf(text: string): string[] {
  return splitSentences(text).map((sentence) => sentence.text);
}

/** Each case is a text with `|` where a new sentence starts. */
function expectSplits(marked: string): void {
  expect(sentencesOf(marked.replaceAll("|", ""))).toEqual(marked.split("|").map((sentence) => sentence.trim()));
}

describe("English sentences", () => {
  test.each([
    "Dr. Smith went to Washington. |He arrived at noon.",
    "It cost $3.50, e.g. for fuel. |The rest, i.e. nothing, was saved.",
    "He arrived at 5 p.m. Monday. |She came at 5 a.m. |The train was late.",
    "The U.S. Army is big. |He lives in the U.S. |He likes it.",
    "J. K. Rowling wrote it. |Take vitamin C. |It helps.",
    "See Fig. 3 and Eq. 4 of vol. 2. |No. 5 is alive. |She said no. |Then she left.",
    "Use Node.js v20.1.2 from example.com. |It works!",
    "Lists, etc. and so on. |Apple Inc. |Microsoft followed.",
    "Smith et al. propose it. |Others disagree.",
    "Ph.D. students work at night. |They sleep late.",
  ])("abbreviations, initials and numbers do not end a sentence: %s", expectSplits);

  test.each([
    "Is it?! |Yes!! |No... |Maybe.",
    "Wait... what? |Then… nothing. |Then… |Nothing.",
    'She turned to him, "This is great." she said. |"Really?" he asked. |"Yes!" |He left.',
    "“I came. I saw.” |She left.",
    "Hello (he left. She stayed.) and more. |(It was late.) |The end.",
    "He sold iPhones. |iPhone sales grew.",
  ])("ellipses, quotations and brackets: %s", expectSplits);

  test("a number at the beginning belongs to its sentence", () => {
    expectSplits("1. Open the lid. |2. Pour the water. |A. Stir. |B. Wait.");
  });

  test("a full stop before lower case goes on, as abbreviations that no list knows do", () => {
    expectSplits("The dept. cmte. met again. |It closed.");
  });
});

describe("Chinese sentences", () => {
  test.each([
    "北京是中国的首都。|你知道吗？|走吧！|好",
    "圆周率约为3.14。|他……不知道。",
    "“你好。我是小李。”他说道。|“走吧！”|说完他就走了。",
    "他说：“今天不去了。明天再去。”|大家都同意。",
    "（见图1。）|完了。",
    "真的吗?|我不信!|好吧.|再见",
    "这是真的？！|是的……",
  ])("%s", expectSplits);
});

describe("Japanese sentences", () => {
  test.each([
    "東京は日本の首都です。|人口は約１，４００万人である。",
    "「はい。そうです。」と彼は言った。|「行こう。」|彼は走った。",
    "「彼は『はい。』と言った。」という話だ。|以上。",
    "なぜ？と思った。|すごい！|とても良い。",
    "値は３．１４である．|次へ進む．",
    "ｿｳﾃﾞｽ｡|ﾊｲ｡",
    "Yahoo!ジャパンを使う。|これはHTML?|違う。",
  ])("%s", expectSplits);
});

test("languages mix within one text", () => {
  expectSplits("这是中文。|This is English. |日本語です。|Mr. 王 came. |好的!|Next one?");
});

describe("lines", () => {
  test("a blank line ends a sentence", () => {
    expect(sentencesOf("A title without a stop\n\nthe text")).toEqual(["A title without a stop", "the text"]);
  });

  test("a short line ends a sentence", () => {
    expect(sentencesOf("Milk\nEggs\r\nBread")).toEqual(["Milk", "Eggs", "Bread"]);
  });

  test("a wrapped line does not", () => {
    const wrapped = "The committee met for the first time in the spring of\nParis and did not meet again.";
    expect(sentencesOf(`${wrapped} Never.`)).toEqual([wrapped, "Never."]);
    const wide = "北京是中华人民共和国的首都，全国的政治和文化的中心，\n人口超过两千万。";
    expect(sentencesOf(wide)).toEqual([wide]);
  });

  test("a list item starts a sentence, however wide the line before it", () => {
    const wide = "A line that is quite wide and has no full stop at its end at all";
    expect(sentencesOf(`${wide}\n- Item\n2. Item`)).toEqual([wide, "- Item", "2. Item"]);
  });
});

test("an empty or blank text has no sentences", () => {
  expect(splitSentences("")).toEqual([]);
  expect(splitSentences(" \n\t\u3000")).toEqual([]);
});

test("sentences are slices of the text in order, and only white space lies between them", () => {
  const fragment = fc.constantFrom(
    ".", "!", "?", "…", "。", "？", "」", "「", "(", ")", "“", "”", '"', "\n", "\r\n", " ", "a", "B", "3", "中", "と", "e.g", "Dr", "😀", "\u0301",
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 60 }), (fragments) => {
      const text = fragments.join("");
      let position = 0;
      for (const { text: sentence, start, end } of splitSentences(text)) {
        expect(sentence).toBe(text.slice(start, end));
        expect(sentence.trim()).toBe(sentence);
        expect(sentence).not.toBe("");
        expect(text.slice(position, start).trim()).toBe("");
        position = end;
      }
      expect(text.slice(position).trim()).toBe("");
    }),
  );
});

test.each(["a", ".", ". ", ".\"", "「", "(a。)", "\n", "a\n", "(", "…"])("a megabyte of %j is split", (unit) => {
  const text = unit.repeat(1_000_000 / unit.length);
  const sentences = splitSentences(text);
  expect(sentences.reduce((sum, { text: { length } }) => sum + length, 0)).toBe(text.replace(/\s/g, "").length);
});
