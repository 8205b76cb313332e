import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { shellWord } from "../../src/reporters/shell-quote.ts";

test("words that no shell would change stay as they are", () => {
  for (const word of ["eval", "--top=100", "../data/medline-1.0", "mini,qwen3-0.6b", "sentence@int8"]) expect(shellWord(word)).toBe(word);
});

test("all others are read by a shell as what they were", () => {
  const words = ["", "two  words", "what's new?", "$HOME `id` $(id)", "*.md", "~", "a\nb", "=ls", "中文", '"', "\\"];
  const read = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], { encoding: "utf8" });
  expect(read.split("\0").slice(0, -1)).toEqual(words);
  expect(shellWord("=ls")).toBe("'=ls'");
});
