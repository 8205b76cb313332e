const KEPT_LINES = 8;
const KEPT_CHARACTERS = 4000;
const KEPT_LINE_CHARACTERS = 500;
/** What Node, C++ and C begin their last words with; a trace of many lines follows. */
const FATAL = /^.*(?:FATAL ERROR|terminate called|allocation failed|Assertion .*failed).*\n/m;

/** What a process wrote that may tell why it died. */
export interface KeptLines {
  add(text: string): void;
  /** The first fatal line, then the last lines of all. */
  lines(): string[];
}

export function createKeptLines(): KeptLines {
  let tail = "";
  let fatal: string | undefined;
  return {
    add(text) {
      tail += text;
      fatal ??= FATAL.exec(tail)?.[0].trim().slice(0, KEPT_LINE_CHARACTERS);
      tail = tail.slice(-KEPT_CHARACTERS);
    },
    lines() {
      const last = tail.split("\n").filter((line) => line.trim() !== "").slice(-KEPT_LINES);
      return fatal === undefined || last.some((line) => line.trim() === fatal) ? last : [fatal, ...last];
    },
  };
}
