/**
 * Runs what imports React for the first time, and makes it take its release build: the other one needs twice the time for a drawing. React looks
 * at NODE_ENV while it is loaded; afterwards the variable is as it was, for editors and other programs that are started from here.
 */
export async function withReactRelease<T>(load: () => Promise<T>): Promise<T> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    return await load();
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}
