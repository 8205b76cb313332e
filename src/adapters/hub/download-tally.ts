import type { PlannedFile } from "./plan-download.ts";

export interface DownloadProgress {
  /** The file that is being brought. */
  readonly path: string;
  /** "waiting": another process brings the same file. "retrying": see `detail`. "checking": its digest is computed. */
  readonly state: "downloading" | "waiting" | "retrying" | "checking";
  readonly detail?: string;
  /** Bytes of all wanted files that are here now; `reusedBytes` of them were here before. */
  readonly doneBytes: number;
  readonly reusedBytes: number;
  /** Bytes of all wanted files, as far as the hub says. */
  readonly totalBytes: number;
}

/** Adds the files up for whoever watches. */
export interface Tally {
  count(path: string, fileBytes: number): void;
  report(path: string, state: DownloadProgress["state"], detail?: string): void;
}

export function createTally(plan: readonly PlannedFile[], onProgress: ((progress: DownloadProgress) => void) | undefined): Tally {
  const done = new Map(plan.map(({ path, file, reused, partBytes }) => [path, reused ? (file.sizeBytes ?? 0) : partBytes]));
  const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);
  const reusedBytes = sum(done.values());
  const totalBytes = sum(plan.map(({ file }) => file.sizeBytes ?? 0));
  const report: Tally["report"] = (path, state, detail) =>
    onProgress?.({ path, state, ...(detail !== undefined && { detail }), doneBytes: sum(done.values()), reusedBytes, totalBytes });
  return {
    report,
    count(path, fileBytes) {
      done.set(path, fileBytes);
      report(path, "downloading");
    },
  };
}
