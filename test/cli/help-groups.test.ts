import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { buildProgram } from "../../src/cli/program.ts";
import { longFlag, settingsOfCommand, type CommandName } from "../../src/config/settings-table.ts";
import { createOutput } from "../../src/reporters/output.ts";

function helpOf(name: CommandName): string {
  const output = createOutput({ stdout: new PassThrough() as unknown as NodeJS.WriteStream, stderr: new PassThrough() as unknown as NodeJS.WriteStream });
  const context = { cwd: "/", environment: {}, output, signal: new AbortController().signal, stdin: process.stdin, expectStop: () => {} };
  const command = buildProgram(context, () => {}).commands.find((each) => each.name() === name);
  return command?.helpInformation() ?? "";
}

function headingsOf(name: CommandName): string[] {
  return [...helpOf(name).matchAll(/^([A-Z][a-z ]+):$/gm)].map(([, heading]) => heading ?? "");
}

test("the help of serve begins with where it listens and who may ask, and ends with models elsewhere", () => {
  const headings = headingsOf("serve");
  expect(headings.slice(0, 2)).toEqual(["Listening", "Access"]);
  expect(headings.at(-1)).toBe("Remote models");
  expect(headings).not.toContain("Options");
  expect(helpOf("serve")).toContain("RERANK_API_KEY");
});

test.each(["serve", "search"] as const)("the help of %s has every option once", (name) => {
  const help = helpOf(name);
  for (const setting of settingsOfCommand(name)) expect(help.match(new RegExp(`^  (-\\w, )?${longFlag(setting)}( |$)`, "gm")), setting.key).toHaveLength(1);
});

test("other commands have their own options first, and models elsewhere last", () => {
  expect(headingsOf("search")).toEqual(["Options", "Output", "Models", "General", "Remote models"]);
});
