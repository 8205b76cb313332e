const NOBODY = 65_534;

/** Runs `work` as a user whom file permissions bind: root reads and writes everything. */
export async function asUnprivileged<T>(work: () => T | Promise<T>): Promise<T> {
  const { geteuid, seteuid } = process;
  if (geteuid === undefined || seteuid === undefined || geteuid() !== 0) return work();
  seteuid(NOBODY);
  try {
    return await work();
  } finally {
    seteuid(0);
  }
}
