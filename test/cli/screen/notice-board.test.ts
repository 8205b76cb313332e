import { expect, test } from "vitest";
import { createNoticeBoard } from "../../../src/cli/screen/notice-board.ts";

test("a listener hears what was said before it came, and nothing after it has gone", () => {
  const board = createNoticeBoard();
  const heard: string[] = [];
  board.tell("before");
  const stop = board.listen((line) => heard.push(line));
  board.tell("meanwhile");
  stop();
  board.tell("after");
  expect(heard).toEqual(["before", "meanwhile"]);
  board.listen((line) => heard.push(line));
  expect(heard).toEqual(["before", "meanwhile", "after"]);
});
