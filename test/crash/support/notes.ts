import { writeFiles } from "../../support/temp-folder.ts";

const SUBJECTS = ["kettle", "bicycle", "harbour", "violin", "glacier", "tomato", "lantern", "compass", "pigeon", "teapot"];
const PLACES = ["in the kitchen", "at the station", "under the bridge", "on the roof", "behind the school"];

/** Short notes, no two alike: "docs/note-012.md" is number 12. */
export function writeNotes(folder: string, from: number, to: number): void {
  const files: Record<string, string> = {};
  for (let number = from; number < to; number++) files[notePath(number)] = note(number);
  writeFiles(folder, files);
}

export function notePath(number: number): string {
  return `docs/note-${String(number).padStart(3, "0")}.md`;
}

function note(number: number): string {
  const subject = SUBJECTS[number % SUBJECTS.length];
  return `# Note ${number}\n\nThe ${subject} number ${number} stands ${PLACES[number % PLACES.length]} since ${1800 + number}.\n`;
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
